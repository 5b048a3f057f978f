"""What becomes of conformed rows: silver takes the valid ones, one a key; the others are quarantined with their reasons."""

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from lakehouse.contract.provenance import ARRIVAL_ORDER, PROVENANCE
from lakehouse.contract.source import Feed
from libs.store.conditions import And, Condition, Equal, Later, Less, Or, given, stored
from libs.store.dialects import spark_sql
from libs.tables import STRING, STRINGS, Merge, Table
from libs.tables import Column as Declared

QUARANTINE_COLUMNS = [
    Declared("entity", STRING, "what the row was read as, the name of the feed"),
    Declared("key", STRING, "primary key in the silver table, as far as it could be read"),
    Declared("raw", STRING, "the row as it came, as a JSON object of its fields"),
    Declared("reasons", STRINGS, "codes of all that is wrong with the row"),
    *PROVENANCE,
]
CONTRACT_ONLY = ("_reasons", "_raw", "_left_out", "_rank")


def accepted(conformed: DataFrame) -> DataFrame:
    """The valid rows among `conformed`."""
    return conformed.where(F.size("_reasons") == 0)


def rejected(conformed: DataFrame, table: Table) -> DataFrame:
    """The invalid rows among `conformed`, as rows of quarantine (QUARANTINE_COLUMNS)."""
    assert isinstance(table.refresh, Merge), f"{table.name} is not fed by contracts"
    return conformed.where(F.size("_reasons") > 0).select(
        F.lit(table.refresh.entity).alias("entity"),
        F.concat_ws("|", *table.primary_key).alias("key"),
        F.col("_raw").alias("raw"),
        F.col("_reasons").alias("reasons"),
        *[c.name for c in PROVENANCE],
    )


def restored(quarantined: DataFrame, fields: Iterable[str]) -> DataFrame:
    """Rows of quarantine as the rows of bronze that they were, with the arrival and hash that they had."""
    raw = F.from_json("raw", StructType([StructField(name, StringType()) for name in (*fields, "_malformed")]))
    provenance = [c.name for c in PROVENANCE]
    return quarantined.select(raw.alias("_row"), *provenance).select("_row.*", *provenance)


def latest(valid: DataFrame, table: Table, feed: Feed) -> DataFrame:
    """One row a primary key, the one that `feed.keep` says, in the silver table's columns.

    Rows in less rows out are the duplicates.
    """
    return judged(_first_of_each_key(valid, table, feed))


def judged(valid: DataFrame) -> DataFrame:
    """The rows without what only the contract needs."""
    return valid.drop(*CONTRACT_ONLY)


def with_since(valid: DataFrame, feed: Feed) -> DataFrame:
    """The rows with the time since which each of the columns that the feed keeps the first known value of is known by them."""
    earliest = feed.keep.earliest
    return valid.withColumns({since(c): F.when(F.col(c).isNotNull(), F.col(str(earliest))) for c in feed.keep.first_known})


def since(column: str) -> str:
    """The column that holds since when the value of another is known."""
    return f"{column}_since"


def with_first_known(fresh: DataFrame, there: DataFrame, table: Table, feed: Feed) -> DataFrame:
    """Fresh rows, one a key, with what the rows `there` know of their keys.

    Where the stored row stays it is that one; either way it has the first known values of both.
    """
    keys = reduce(Column.__and__, [F.col(f"s.{key}") == F.col(f"t.{key}") for key in table.primary_key])
    both = fresh.alias("s").join(there.alias("t"), on=keys, how="left")
    is_new = F.col(f"t.{table.primary_key[0]}").isNull()
    stays = ~is_new & ~F.expr(spark_sql(wins(feed)))
    known: dict[str, Column] = {}
    for column in feed.keep.first_known:
        ours, theirs = F.col(f"s.{since(column)}"), F.col(f"t.{since(column)}")
        is_older = ~is_new & F.coalesce(theirs < ours, theirs.isNotNull())
        known |= {name: F.when(is_older, F.col(f"t.{name}")).otherwise(F.col(f"s.{name}")) for name in (column, since(column))}
    rest = {name: F.when(stays, F.col(f"t.{name}")).otherwise(F.col(f"s.{name}")) for name in fresh.columns if name not in known}
    return both.select(*[(known | rest)[name].alias(name) for name in fresh.columns])


def _first_of_each_key(rows: DataFrame, table: Table, feed: Feed) -> DataFrame:
    whole = Window.partitionBy(*table.primary_key).orderBy(*_best_first(feed))
    first = F.row_number().over(whole.rowsBetween(Window.unboundedPreceding, Window.currentRow))
    all_of_key = whole.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    known = [name for column in feed.keep.first_known for name in (column, since(column))]
    values = {name: F.first(name, ignorenulls=True).over(all_of_key) for name in known}
    return rows.withColumns({"_place": first, **values}).where("_place = 1").drop("_place")


def wins(feed: Feed) -> Condition:
    """Whether the given row takes the place of the stored one of the same key, for a merge."""
    later = Later(tuple(map(given, ARRIVAL_ORDER)), tuple(map(stored, ARRIVAL_ORDER)))
    column = feed.keep.earliest
    if column is None:
        return later
    return Or((Less(given(column), stored(column)), And((Equal(given(column), stored(column)), later))))


def _best_first(feed: Feed) -> list[Column]:
    arrival, *rest = (F.desc(c) for c in ARRIVAL_ORDER)
    if feed.keep.earliest:
        return [F.asc_nulls_last(feed.keep.earliest), arrival, *rest]
    return [arrival, *([F.desc_nulls_last("_rank")] if feed.keep.latest else []), *rest]
