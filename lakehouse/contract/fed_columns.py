"""The columns that a feed may name: those that its silver table takes from contracts, by their names of today or former ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import TokenType
from sqlglot.dialects.spark import Spark

from lakehouse.catalogue.discovery import TablesAsked
from lakehouse.catalogue.entry import Entry
from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.contract.source import Feed, Source, SourceTable
from libs.settings.located import Place
from libs.tables import DATE, DOUBLE, INTEGER, LONG, STRING, TIMESTAMP, Column, Merge, Table

Faults = list[tuple[Place, str]]
# The table's name, the column's, and the former name by which a feed calls it.
Former = tuple[str, str, str]


@dataclass(frozen=True)
class Todays:
    """A source whose feeds name columns as their tables do today.

    former: each former name that it had, and the places. faults: the place of what no table takes, and why.
    """

    source: Source
    former: Mapping[Former, Sequence[Place]]
    faults: Faults


def taken_columns(table: Table) -> list[Column]:
    """The columns of a silver table that feeds give: all but its provenance and those that are derived from others."""
    assert isinstance(table.refresh, Merge), f"{table.name} is not fed by contracts"
    own = {SOURCE.name, *(c.name for c in PROVENANCE), *table.refresh.derived}
    return [c for c in table.columns if c.name not in own]


def by_todays_names(source: Source, tables: Mapping[str, Entry] | None = None) -> Todays:
    """The source as the silver `tables` (all declared ones) name their columns today."""
    known = TablesAsked() if tables is None else tables
    former: dict[Former, list[Place]] = {}
    faults: Faults = []
    renamed = {}
    for name, of_source in source.tables.items():
        feeds = {}
        for entity, feed in of_source.feeds.items():
            place: Place = ("tables", name, "feeds", entity)
            table = _fed(known, entity)
            if table is None:
                faults.append((place, f"no silver table is fed by {entity}; fed are {', '.join(_entities(known))}"))
                continue
            names = _former_names(table)
            feeds[entity] = _renamed(feed, names)
            faults += [((*place, *p), fault) for p, fault in _faults(feed, table, names)]
            for p, column in _given(feed):
                if column in names:
                    former.setdefault((table.name, names[column], column), []).append((*place, *p))
        renamed[name] = of_source.model_copy(update={"feeds": _written(of_source, feeds, known)})
    return Todays(source.model_copy(update={"tables": renamed}), former, faults)


def _written(of_source: SourceTable, feeds: Mapping[str, Feed], known: Mapping[str, Entry]) -> dict[str, Feed]:
    """The feeds, each with how the fields are written that any of them takes as a number or a time."""
    types: dict[str, str] = {}
    for entity, feed in feeds.items():
        table = _fed(known, entity)
        columns = {} if table is None else {c.name: c.type for c in table.columns}
        types |= {o.field: columns[name] for name, o in feed.columns.items() if o.field and columns.get(name, STRING) != STRING}
    times = [field for field, kind in types.items() if kind in (TIMESTAMP, DATE)]
    numbers = [field for field, kind in types.items() if kind in (LONG, INTEGER, DOUBLE) or kind.startswith("decimal")]
    written = of_source.written(numbers, times)
    return {entity: feed.model_copy(update={"written": written}) if written else feed for entity, feed in feeds.items()}


def _fed(tables: Mapping[str, Entry], entity: str) -> Table | None:
    """The silver table of that name, where contracts feed it."""
    table = tables[f"silver.{entity}"].table if f"silver.{entity}" in tables else None
    return table if table is not None and isinstance(table.refresh, Merge) else None


def _entities(tables: Mapping[str, Entry]) -> list[str]:
    layers = [name.split(".", 1) for name in sorted(tables)]
    return [name for layer, name in layers if layer == "silver" and _fed(tables, name) is not None]


def _former_names(table: Table) -> dict[str, str]:
    assert isinstance(table.refresh, Merge)
    return {former: column for column, former in table.refresh.formerly.items()}


def _given(feed: Feed) -> Iterator[tuple[Place, str]]:
    yield from ((("columns", name), name) for name in feed.columns)
    yield from ((("pseudonymise", name), name) for name in feed.pseudonymise)


def _faults(feed: Feed, table: Table, names: Mapping[str, str]) -> Iterator[tuple[Place, str]]:
    taken = [c.name for c in taken_columns(table)]
    given = dict(_given(feed)).values()
    for place, name in _given(feed):
        if names.get(name) in given:
            yield place, f"is the former name of {names[name]}, which is given too: remove one"
        elif name not in taken and name not in names:
            yield place, f"{table.name} takes no {name} from a feed; it takes {', '.join(taken)}"


def _renamed(feed: Feed, names: Mapping[str, str]) -> Feed:
    """The feed with the columns that `names` has called by their names of today."""

    def now(name: str) -> str:
        return names.get(name, name)

    earliest = feed.keep.earliest
    return feed.model_copy(
        update={
            "columns": {now(name): origin for name, origin in feed.columns.items()},
            "pseudonymise": {now(name): sql for name, sql in feed.pseudonymise.items()},
            "required": tuple(map(now, feed.required)),
            "allowed": {now(name): values for name, values in feed.allowed.items()},
            "rules": {code: _sql_renamed(rule, names) for code, rule in feed.rules.items()},
            "keep": feed.keep.model_copy(update={"earliest": now(earliest)}) if earliest else feed.keep,
        }
    )


def _sql_renamed(sql: str, names: Mapping[str, str]) -> str:
    """SQL over silver columns with those that `names` has renamed, and not a letter changed besides."""
    if not any(name in sql for name in names):
        return sql
    for token in reversed(Spark().tokenize(sql)):
        if token.token_type in (TokenType.VAR, TokenType.IDENTIFIER) and token.text in names:
            sql = f"{sql[: token.start]}`{names[token.text]}`{sql[token.end + 1 :]}"
    return sql
