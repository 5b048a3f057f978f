"""Rows of bronze, read as rows of a silver table, with what is wrong with each."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.cleaning import (
    UNKNOWN,
    cleaned,
    id_fields,
    in_any_case,
    means_something,
    stripped,
    with_ids,
    without_words,
)
from lakehouse.contract.fed_columns import taken_columns
from lakehouse.contract.hashes import fields_of, row_hash
from lakehouse.contract.parsing import in_known_zones, parsed
from lakehouse.contract.provenance import PLACE, SOURCE
from lakehouse.contract.pseudonyms import pseudonym, with_pads
from lakehouse.contract.rates import NO_RATE, converted, is_converted
from lakehouse.contract.reasons import REPLACEMENT, UNDECIDED, is_rejected, reasons
from lakehouse.contract.source import CURRENCY, Feed, Origin, Source
from lakehouse.identity.known import OF_USER
from libs.settings.layers import ConfigError
from libs.tables import DATE, LONG, STRING, TIMESTAMP, Merge, Table
from libs.tables import Column as Declared

ARRIVAL = ("_ingested_at", "_source_file", *PLACE, "_row_hash", "_malformed", "_bad_encoding")
RAW = "_raw_"
TEXT = "_text_"
FIELD = "_field_"
ELSEWHERE = "_elsewhere_"
# What was left out of a valid row's values: `nobody` (an id that proves no identity, or was cut), `nothing` (a word that means no value),
# `respelled` (an id in another form than the canonical one).
LEFT_OUT = ("nobody", "nothing", "respelled")


def conform(
    bronze: DataFrame,
    source: Source,
    feed: Feed,
    table: Table,
    pseudonym_key: str,
    keep_raw: bool = False,
    others: Sequence[tuple[Feed, Table]] = (),
) -> DataFrame:
    """Read rows of a bronze table as rows of the silver `table`, in one pass: `cleaned_rows`, `with_verdicts` and `conformed`.

    others: the other feeds of the same bronze table, each with its silver table; what one of them rejects is no row here either.
    """
    rows = with_verdicts(cleaned_rows(bronze, source, [feed, *(other for other, _ in others)]), source, others)
    return conformed(rows, source, feed, table, pseudonym_key, keep_raw)


@dataclass(frozen=True)
class Rows:
    """Rows with their `named` columns, and with those `beside` them, whose names begin with an underscore."""

    frame: DataFrame
    named: Sequence[str]
    beside: Sequence[str]

    def of(self, prefix: str) -> list[str]:
        """Names of the columns beside that begin so."""
        return [name for name in self.beside if name.startswith(prefix)]


def conformed(rows: Rows, source: Source, feed: Feed, table: Table, pseudonym_key: str, keep_raw: bool = False) -> DataFrame:
    """Read cleaned rows of a bronze table, with the verdicts of its other feeds if it has such, as rows of the silver `table`.

    Out come the table's columns in their order, typed as declared, save derived ones and lookups that the feed does not
    give; `_reasons` (array of codes, empty for a valid row); `_raw` (the row's fields as JSON, null for a valid row unless
    `keep_raw`); `_left_out` (those of LEFT_OUT, with commas); and, where the feed keeps the latest by an expression of its own, `_rank`. Rows
    that `feed.where` leaves out are not there, those of which a value breaks it are.
    Raises ConfigError, in one line, when the feed names what the table or the fields do not have.
    """
    columns = _fed_columns(source, feed, table)
    with _named_faults(source, table):
        valued = _valued(_named(rows, source, feed, columns, pseudonym_key), source, feed, columns, table)
        judged = _judged(valued, source, feed, table, keep_raw)
        # The native engine looks at what a frame is made of when it is first asked for its columns.
        assert judged.columns
    return judged


@contextmanager
def _named_faults(source: Source, table: Table) -> Iterator[None]:
    try:
        yield
    except PySparkException as error:
        raise ConfigError(f"source {source.source}, feed of {table.name}: {str(error).splitlines()[0]}") from None


def _fed_columns(source: Source, feed: Feed, table: Table) -> list[Declared]:
    assert isinstance(table.refresh, Merge), f"{table.name} is not fed by contracts"
    given = {*feed.columns, *feed.pseudonymise}
    fed = taken_columns(table)
    unknown = sorted(given - {c.name for c in fed})
    if unknown:
        raise ConfigError(
            f"source {source.source}: {table.name} takes no column {', '.join(unknown)} from a feed; it takes {', '.join(c.name for c in fed)}"
        )
    lookups = {lookup.column for lookup in table.refresh.lookups}
    return [c for c in fed if c.name in given or c.name not in lookups]


def cleaned_rows(bronze: DataFrame, source: Source, feeds: Sequence[Feed]) -> Rows:
    """Every field cleaned, those that are ids of one of the bronze table's `feeds` in their canonical form.

    The raw fields, and what the row brings (ARRIVAL), are beside them.
    """
    there, fields = bronze.columns, fields_of(bronze)
    beside = [*(RAW + field for field in fields), *ARRIVAL]
    given = bronze.select(
        *fields,
        *[F.col(field).alias(RAW + field) for field in fields],
        "_ingested_at",
        "_source_file",
        *[_place(name, there).alias(name) for name in PLACE],
        _hash(there, fields),
        "_malformed",
        F.contains(F.concat_ws("", *fields), F.lit(REPLACEMENT)).alias("_bad_encoding"),
    )
    ids = {field: column for field, column in id_fields(feeds).items() if field in fields}
    return Rows(cleaned(given, fields, beside, ids, feeds, source), fields, beside)


def with_verdicts(rows: Rows, source: Source, feeds: Sequence[tuple[Feed, Table]]) -> Rows:
    """The cleaned rows with a column for each of the feeds, which fills its table, beside them: whether it rejects the row.

    Raises ConfigError as `conformed` does.
    """
    for feed, table in feeds:
        with _named_faults(source, table):
            rows = _judged_by(rows, _verdict(table), source, feed, table)
    return rows


def is_rejected_by(table: Table) -> Column:
    """Whether the feed of the table rejects the row, one of `with_verdicts`."""
    return F.col(_verdict(table))


def _verdict(table: Table) -> str:
    return ELSEWHERE + table.name.replace(".", "_")


def _judged_by(rows: Rows, verdict: str, source: Source, feed: Feed, table: Table) -> Rows:
    columns = [c for c in _fed_columns(source, feed, table) if _can_be_wrong(c, feed)]
    kept = [*rows.beside, *(FIELD + name for name in rows.named), "_is_its", UNDECIDED]
    is_its = F.coalesce(F.expr(feed.where), F.lit(False)) if feed.where else F.lit(True)
    is_undecided = F.expr(feed.undecided) if feed.undecided else F.lit(False)
    fields = [F.col(name).alias(FIELD + name) for name in rows.named]
    given = [*map(F.col, rows.beside), *fields, is_its.alias("_is_its"), is_undecided.alias(UNDECIDED)]
    texts = [_text_to_judge(feed, c.name).cast("string").alias(c.name) for c in columns]
    names = [c.name for c in columns]
    made = with_ids(rows.frame.select(*texts, *given), (*names, *kept), made_ids(feed, names), source)
    typed = _valued(Rows(made, names, kept), source, feed, columns, table)
    is_wrong = F.col(UNDECIDED) | (F.col("_is_its") & is_rejected(source, feed, table, _texts_in(typed)))
    back = [F.col(FIELD + name).alias(name) for name in rows.named]
    return Rows(typed.frame.select(*back, *rows.beside, is_wrong.alias(verdict)), rows.named, [*rows.beside, verdict])


def _can_be_wrong(column: Declared, feed: Feed) -> bool:
    """Whether a reason may depend on the column of the silver table."""
    if is_converted(feed.columns) and column.name == CURRENCY:
        return True
    by_rule = any(re.search(rf"\b{column.name}\b", rule) for rule in feed.rules.values())
    return column.name in (*feed.required, *feed.allowed) or not column.nullable or _is_read(column, feed) or by_rule


def _text_to_judge(feed: Feed, column: str) -> Column:
    """Of what is hashed only whether it is there can be wrong."""
    if column in feed.pseudonymise:
        return stripped(F.expr(feed.pseudonymise[column]))
    return text_of(feed, column)


def _named(rows: Rows, source: Source, feed: Feed, columns: list[Declared], key: str) -> Rows:
    """The text of every column under the column's name, and the raw fields beside it."""
    frame = rows.frame
    undecided = [F.expr(feed.undecided).alias(UNDECIDED)] if feed.undecided else []
    if feed.where:
        is_its = F.expr(feed.where)
        frame = frame.where(F.col("_malformed").isNotNull() | (is_its | F.expr(feed.undecided) if feed.undecided else is_its))
    left_out = _left_out(rows.named, source, feed).alias("_left_out")
    if feed.pseudonymise:
        frame = with_pads(frame, key)
    names = [c.name for c in columns]
    texts = [text_of(feed, name).cast("string").alias(name) for name in names]
    rank = [F.expr(feed.keep.latest).alias("_rank")] if feed.keep.latest else []
    beside = [*rows.beside, "_left_out", *(["_rank"] if rank else []), *([UNDECIDED] if undecided else [])]
    made = frame.select(*texts, *rows.beside, left_out, *rank, *undecided)
    return Rows(with_ids(made, (*names, *beside), made_ids(feed, names), source), names, beside)


def made_ids(feed: Feed, names: Sequence[str]) -> dict[str, str]:
    """Those of the columns that are ids whose text is not a field as it is: a field has its canonical form before."""
    return {name: name for name in names if name.endswith("_id") and name in feed.columns and not feed.columns[name].field}


def _left_out(known: Sequence[str], source: Source, feed: Feed) -> Column:
    """Which of LEFT_OUT hold for the fields that the feed takes as they are."""
    taken = [(o.field, name) for name, o in feed.columns.items() if o.field in known]
    ids = dict.fromkeys(field for field, name in taken if name.endswith("_id"))
    fields = dict.fromkeys(field for field, _ in taken)
    of_user = dict.fromkeys(field for field, name in taken if name in OF_USER)
    # Mostly nothing is gone, and a field is not cleaned once more to see why.
    gone = {field: F.col(f"{RAW}{field}").isNotNull() & F.col(str(field)).isNull() for field in fields}
    nothing = in_any_case(source.null_words)
    had = {field: means_something(F.col(f"{RAW}{field}"), nothing) for field in fields}
    found = {
        "nobody": [gone[field] & had[field] for field in ids],
        "nothing": [gone[field] & stripped(F.col(f"{RAW}{field}")).isNotNull() & ~had[field] for field in fields]
        + [F.lower(str(field)).isin(*UNKNOWN) for field in of_user],
        "respelled": [F.col(str(field)) != F.col(f"{RAW}{field}") for field in ids],
    }
    holds = {name: reduce(Column.__or__, each) for name, each in found.items() if each}
    return F.concat_ws(",", F.lit(""), *[F.when(condition, F.lit(name)) for name, condition in holds.items()])


def _place(name: str, there: Sequence[str]) -> Column:
    return F.coalesce(F.col(name), F.lit(0).cast(LONG)) if name in there else F.lit(0).cast(LONG)


def _hash(there: Sequence[str], fields: list[str]) -> Column:
    """A row that comes back from quarantine keeps the hash of its first arrival."""
    return F.col("_row_hash") if "_row_hash" in there else row_hash(fields).alias("_row_hash")


def text_of(feed: Feed, column: str) -> Column:
    """The text that the feed takes for a column of the silver table, out of rows with cleaned fields."""
    if column in feed.pseudonymise:
        return pseudonym(F.expr(feed.pseudonymise[column]))
    if column not in feed.columns:
        return F.lit(None)
    text = _origin(feed.columns[column])
    return without_words(text, in_any_case(UNKNOWN)) if column in OF_USER else text


def _origin(origin: Origin) -> Column:
    if origin.value is not None:
        return F.lit(origin.value)
    text = F.col(origin.field) if origin.field is not None else F.expr(str(origin.sql))
    if not origin.map:
        return text
    words = list(origin.map.items())
    mapped = F.when(text == words[0][0], words[0][1])
    for word, meaning in words[1:]:
        mapped = mapped.when(text == word, meaning)
    return mapped.otherwise(text) if origin.otherwise == "keep" else mapped


def _valued(named: Rows, source: Source, feed: Feed, columns: list[Declared], table: Table) -> Rows:
    """The typed rows with their amounts in the source's currency."""
    typed = _typed(named, source, feed, columns)
    if not is_converted(feed.columns):
        return typed
    assert isinstance(table.refresh, Merge)
    assert table.event_time is not None
    there = {name: kept for name, kept in table.refresh.converts.items() if name in typed.named}
    frame = converted(typed.frame, [*typed.named, *typed.beside], source, there, table.event_time)
    return Rows(frame, typed.named, [*typed.beside, NO_RATE])


def _typed(named: Rows, source: Source, feed: Feed, columns: list[Declared]) -> Rows:
    """Every column in its type, and beside those that are no text the text that they were read from."""
    read = [c.name for c in columns if _is_read(c, feed)]
    values = [value_of(c, source).alias(c.name) for c in columns]
    texts = [F.col(name).alias(TEXT + name) for name in read]
    typed = named.frame.select(F.lit(source.source).alias(SOURCE.name), *values, *texts, *named.beside)
    return Rows(typed, [SOURCE.name, *named.named], [*(TEXT + name for name in read), *named.beside])


def value_of(column: Declared, source: Source) -> Column:
    """The value of the silver table's column, out of rows that hold its text under its name."""
    if column.name.endswith("_id") and source.id_prefix:
        return F.concat(F.lit(source.id_prefix), F.col(column.name))
    text = F.col(column.name)
    has_zone = source.zones and column.type in (TIMESTAMP, DATE)
    return parsed(in_known_zones(text, source.zones) if has_zone else text, column.type)


def _is_read(column: Declared, feed: Feed) -> bool:
    return column.name in feed.columns and column.type != STRING


def _judged(typed: Rows, source: Source, feed: Feed, table: Table, keep_raw: bool) -> DataFrame:
    as_came = F.to_json(F.struct(*[F.col(name).alias(name.removeprefix(RAW)) for name in typed.of(RAW)], "_malformed"))
    judged = typed.frame.withColumn("_reasons", reasons(source, feed, table, _texts_in(typed)))
    elsewhere = [F.col(name) for name in typed.of(ELSEWHERE) if name != _verdict(table)]
    if elsewhere:
        judged = judged.where(~reduce(Column.__or__, elsewhere) | (F.size("_reasons") > 0))
    silver = [name for name in table.column_names if name in (*typed.named, *typed.beside)]
    kept = as_came if keep_raw else F.when(F.size("_reasons") > 0, as_came)
    return judged.select(*silver, "_reasons", kept.alias("_raw"), "_left_out", *typed.of("_rank"))


def _texts_in(typed: Rows) -> dict[str, str]:
    """For each typed column that was read from text, the column that holds the text."""
    return {name.removeprefix(TEXT): name for name in typed.of(TEXT)}
