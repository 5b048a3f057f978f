"""The SQL that a source may have: over its fields and columns, and what Spark and Sail compute alike over text."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from lakehouse.catalogue.discovery import TablesAsked
from lakehouse.contract.fed_columns import taken_columns
from lakehouse.contract.provenance import SOURCE
from lakehouse.contract.source import Feed, Source
from libs.settings.located import Place
from libs.sql import compared
from libs.sql.allowed import faults_in_source
from libs.sql.broken import broken, without_value
from libs.sql.kinds import kind_of
from libs.sql.tolerant import rewritten, tolerant
from libs.sql.written import unreadable, written_faults
from libs.tables import STRING, Merge, Table

# Before the point, of numbers that say which of several rows is the latest.
DIGITS = 20
# Units of time, which sqlglot takes for columns in functions that it does not know.
UNITS = frozenset(
    {"microsecond", "millisecond", "second", "minute", "hour", "day", "dayofyear", "week", "month", "quarter", "year"}
)


def name_faults(source: Source) -> Iterator[tuple[Place, str]]:
    """The place of each expression over what is neither a field nor, in rules, a column that the feed gives, and why.

    The feeds are of silver tables. What can't be read is passed over: the engine may know more than is known here.
    """
    for place, sql, types in _placed(source):
        what = "columns" if place[4] == "rules" else "fields"
        for unknown in _unknown(sql, list(types)):
            yield place, f"{unknown} is not among the {what} that it may name: {', '.join(types)}"


def ending_faults(source: Source) -> Iterator[tuple[Place, str]]:
    """The place of each expression that would end every run, and why. What can't be read is passed over."""
    for place, sql, types in _placed(source):
        yield from ((place, f"{sql!r}: {fault}") for fault in written_faults(sql))
        with suppress(ParseError, TokenError):
            yield from ((place, fault) for fault in compared.comparison_faults(sql, types))


def alike_faults(source: Source) -> Iterator[tuple[Place, str]]:
    """The place of each expression that can't be read, or that the engines would compute differently, and why."""
    for place, sql, _ in _placed(source):
        yield from ((place, fault) for fault in _faults_of(sql))


def _placed(source: Source) -> Iterator[tuple[Place, str, Mapping[str, str]]]:
    """Each expression with its place and with what it may name, by type: fields, in rules columns that the feed gives."""
    silver = TablesAsked()
    for name, table in source.tables.items():
        fields = dict.fromkeys(table.all_fields, STRING)
        for entity, feed in table.feeds.items():
            columns = _columns_of(feed, silver[f"silver.{entity}"].table)
            for place, sql in _expressions(feed):
                yield ("tables", name, "feeds", entity, *place), sql, columns if place[0] == "rules" else fields


def without_errors(source: Source) -> Source:
    """The source with SQL that gives null where a value breaks it, so that this costs the row alone (`libs.sql.tolerant`)."""
    silver = TablesAsked()
    tables = {}
    for name, table in source.tables.items():
        of_fields = dict.fromkeys(table.all_fields, STRING)
        feeds = {
            entity: _tolerant(feed, of_fields, {c.name: c.type for c in silver[f"silver.{entity}"].table.columns})
            for entity, feed in table.feeds.items()
        }
        tables[name] = table.model_copy(update={"feeds": feeds})
    return source.model_copy(update={"tables": tables})


def _tolerant(feed: Feed, fields: Mapping[str, str], columns: Mapping[str, str]) -> Feed:
    # What is not alike runs on Spark alone, so that the engine of a run decides nothing about what is declared.
    def of(sql: str | None, types: Mapping[str, str] = fields, condition: bool = False) -> str | None:
        return tolerant(sql, types, bool(_faults_of(sql)), condition) if sql else sql

    def of_value(sql: str | None) -> str | None:
        return without_value(sql, fields, everything=bool(_faults_of(sql))) if sql else sql

    undecided = broken(feed.where, fields, bool(_faults_of(feed.where)), condition=True) if feed.where else None
    return feed.model_copy(
        update={
            "columns": {name: origin.model_copy(update={"sql": of_value(origin.sql)}) for name, origin in feed.columns.items()},
            "rules": {code: of(rule, columns, condition=True) for code, rule in feed.rules.items()},
            "pseudonymise": {name: of_value(sql) for name, sql in feed.pseudonymise.items()},
            "keep": feed.keep.model_copy(update={"latest": _in_order(of(feed.keep.latest), fields)}),
            "where": of(feed.where, condition=True),
            "undecided": undecided,
        }
    )


def _in_order(sql: str | None, fields: Mapping[str, str]) -> str | None:
    """The SQL, of which texts that are numbers come in the order of numbers: 9 before 10."""
    root = rewritten(sql, fields) if sql else None
    if root is None or kind_of(root.this, fields) != "text":
        return sql
    padded = f"lpad({sql}, length({sql}) + {DIGITS} - length(substring_index({sql}, '.', 1)), '0')"
    return f"if(({sql}) rlike '^[0-9]{{1,{DIGITS}}}([.][0-9]+)?$', {padded}, {sql})"


def _expressions(feed: Feed) -> Iterator[tuple[Place, str]]:
    yield from ((("columns", name, "sql"), origin.sql) for name, origin in feed.columns.items() if origin.sql)
    yield from ((("rules", name), sql) for name, sql in feed.rules.items())
    yield from ((("pseudonymise", name), sql) for name, sql in feed.pseudonymise.items())
    yield from [(("keep", "latest"), feed.keep.latest)] if feed.keep.latest else []
    yield from [(("where",), feed.where)] if feed.where else []


def _columns_of(feed: Feed, table: Table) -> dict[str, str]:
    """The columns of the feed's rows: what is looked up elsewhere comes after them."""
    assert isinstance(table.refresh, Merge)
    later = {lookup.column for lookup in table.refresh.lookups} - {*feed.columns, *feed.pseudonymise}
    return {c.name: c.type for c in (SOURCE, *taken_columns(table)) if c.name not in later}


def _unknown(sql: str, known: list[str]) -> list[str]:
    """The names in the SQL that are not known; letters may be large or small, and arrivals have columns with _ before them."""
    try:
        columns = sqlglot.parse_one(sql, dialect="spark").find_all(exp.Column)
    except (ParseError, TokenError):
        return []
    names = dict.fromkeys(column.parts[0].name for column in columns)
    lower = {*(name.lower() for name in known), *UNITS}
    return [name for name in names if name.lower() not in lower and not name.startswith("_")]


def _faults_of(sql: str) -> list[str]:
    try:
        return [f"{fault}: use another, or ENGINE=spark" for fault in faults_in_source(sql)]
    except (ParseError, TokenError) as error:
        return [unreadable(sql, "no SQL", error)]
