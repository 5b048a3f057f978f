"""Rows of bronze, read as rows of a silver table, with what is wrong with each."""

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.fed_columns import taken_columns
from lakehouse.contract.hashes import fields_of, row_hash
from lakehouse.contract.parsing import cleaned, parsed
from lakehouse.contract.provenance import SOURCE
from lakehouse.contract.pseudonyms import pseudonym, with_pads
from lakehouse.contract.reasons import REPLACEMENT, reasons
from lakehouse.contract.source import Feed, Origin, Source
from libs.settings.layers import ConfigError
from libs.tables import STRING, Merge, Table
from libs.tables import Column as Declared

ARRIVAL = ("_ingested_at", "_source_file", "_row_hash", "_malformed", "_bad_encoding")
RAW = "_raw_"
TEXT = "_text_"


def conform(bronze: DataFrame, source: Source, feed: Feed, table: Table, pseudonym_key: str, keep_raw: bool = False) -> DataFrame:
    """Read rows of a bronze table as rows of the silver `table`, in one pass.

    Out come the table's columns in their order, typed as declared, save derived ones and lookups that the feed does not
    give; `_reasons` (array of codes, empty for a valid row); `_raw` (the row's fields as JSON, null for a valid row unless
    `keep_raw`); and, where the feed keeps the latest by an expression of its own, `_rank`. Rows that `feed.where` leaves
    out are not there.
    Raises ConfigError, in one line, when the feed names what the table or the fields do not have.
    """
    columns = _fed_columns(source, feed, table)
    try:
        named = _named(bronze, feed, columns, pseudonym_key)
        judged = _judged(_typed(named, source, feed, columns), source, feed, table, keep_raw)
        # The native engine looks at what a frame is made of when it is first asked for its columns.
        assert judged.columns
    except PySparkException as error:
        raise ConfigError(f"source {source.source}, feed of {table.name}: {str(error).splitlines()[0]}") from None
    return judged


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


def _named(bronze: DataFrame, feed: Feed, columns: list[Declared], key: str) -> DataFrame:
    """The text of every column under the column's name, and the raw fields beside it."""
    fields = fields_of(bronze)
    raw = [F.col(f).alias(RAW + f) for f in fields]
    everything = F.concat_ws("", *fields)
    rows = bronze.select(
        *[cleaned(F.col(f)).alias(f) for f in fields],
        *raw,
        "_ingested_at",
        "_source_file",
        _hash(bronze, fields),
        "_malformed",
        F.contains(everything, F.lit(REPLACEMENT)).alias("_bad_encoding"),
    )
    if feed.where:
        rows = rows.where(F.col("_malformed").isNotNull() | F.expr(feed.where))
    if feed.pseudonymise:
        rows = with_pads(rows, key)
    texts = [text_of(feed, c.name).cast("string").alias(c.name) for c in columns]
    rank = [F.expr(feed.keep.latest).alias("_rank")] if feed.keep.latest else []
    return rows.select(*texts, *[RAW + f for f in fields], *ARRIVAL, *rank)


def _hash(bronze: DataFrame, fields: list[str]) -> Column:
    """A row that comes back from quarantine keeps the hash of its first arrival."""
    known = "_row_hash" in bronze.columns
    return F.col("_row_hash") if known else row_hash(fields).alias("_row_hash")


def text_of(feed: Feed, column: str) -> Column:
    """The text that the feed takes for a column of the silver table, out of rows with cleaned fields."""
    if column in feed.pseudonymise:
        return pseudonym(F.expr(feed.pseudonymise[column]))
    return _origin(feed.columns[column]) if column in feed.columns else F.lit(None)


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


def _typed(named: DataFrame, source: Source, feed: Feed, columns: list[Declared]) -> DataFrame:
    """Every column in its type, and beside those that are no text the text that they were read from."""
    values = [value_of(c, source).alias(c.name) for c in columns]
    texts = [F.col(c.name).alias(TEXT + c.name) for c in columns if _is_read(c, feed)]
    rest = [name for name in named.columns if name.startswith("_")]
    return named.select(F.lit(source.source).alias(SOURCE.name), *values, *texts, *rest)


def value_of(column: Declared, source: Source) -> Column:
    """The value of the silver table's column, out of rows that hold its text under its name."""
    if column.name.endswith("_id") and source.id_prefix:
        return F.concat(F.lit(source.id_prefix), F.col(column.name))
    return parsed(F.col(column.name), column.type)


def _is_read(column: Declared, feed: Feed) -> bool:
    return column.name in feed.columns and column.type != STRING


def _judged(typed: DataFrame, source: Source, feed: Feed, table: Table, keep_raw: bool) -> DataFrame:
    texts = {name.removeprefix(TEXT): name for name in typed.columns if name.startswith(TEXT)}
    raw = [name for name in typed.columns if name.startswith(RAW)]
    as_came = F.to_json(F.struct(*[F.col(name).alias(name.removeprefix(RAW)) for name in raw], "_malformed"))
    rank = ["_rank"] if feed.keep.latest else []
    judged = typed.withColumn("_reasons", reasons(source, feed, table, texts))
    silver = [name for name in table.column_names if name in typed.columns]
    kept = as_came if keep_raw else F.when(F.size("_reasons") > 0, as_came)
    return judged.select(*silver, "_reasons", kept.alias("_raw"), *rank)
