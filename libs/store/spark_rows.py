"""Rows on their way into a table by Spark: as its declaration has them, in its order, marked for a merge."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from libs.store.conditions import GIVEN, STORED, And, Condition, Equal, given, stored
from libs.store.declared import check_declared, commented
from libs.store.dialects import spark_sql
from libs.store.properties import table_properties
from libs.store.published import State, packed
from libs.store.staged import Rows
from libs.tables import Table

# What a merge does with a row.
KINDS = ("insert", "update", "delete")


def as_frame(spark: SparkSession, rows: Rows) -> DataFrame:
    """The rows, staged or not."""
    if isinstance(rows, pa.Table):
        return spark.createDataFrame(rows)
    return rows if isinstance(rows, DataFrame) else rows.rows


def rows_of_parts(
    spark: SparkSession, parts: Sequence[str], batches_of: Callable[[str], Iterator[pa.RecordBatch]], schema: pa.Schema
) -> DataFrame:
    """Rows that a function makes of each part, in a partition of its own."""
    known = list(parts)

    def computed(numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from batches_of(known[number])

    return spark.range(0, len(known), 1, max(len(known), 1)).mapInArrow(computed, from_arrow_schema(schema))


def arranged(spark: SparkSession, table: Table, rows: Rows) -> DataFrame:
    """Staged rows in the order of the table's slices, so that a slice lies in few files; others would be computed twice for it."""
    frame = as_frame(spark, rows)
    if isinstance(rows, DataFrame) or table.slice_column is None:
        return frame
    return frame.repartitionByRange(F.col(table.slice_column)).sortWithinPartitions(table.slice_column)


def writer_of(table: Table, rows: DataFrame, state: State) -> DataFrameWriter:
    """A writer of the rows, whose commit carries the state and, where it makes the table, its properties."""
    writer = commented(table, rows).write.format("delta").options(**table_properties(table))
    return writer.option("userMetadata", packed(state))


def marked_rows(table: Table, rows: DataFrame, known: DataFrame, update_when: Condition) -> DataFrame:
    """The rows that change something in the `known` ones, with `_change` (KINDS). Others would have files rewritten for nothing."""
    check_declared(table, rows.drop("_deleted").schema)
    is_deleted = f"{GIVEN}._deleted" if "_deleted" in rows.columns else "false"
    joined = rows.alias(GIVEN).join(
        known.withColumn("_exists", F.lit(True)).alias(STORED), on=F.expr(_same(table.primary_key)), how="left"
    )
    change = f"""case when {STORED}._exists is null and not {is_deleted} then 'insert'
        when {STORED}._exists and {is_deleted} then 'delete' when {STORED}._exists and {spark_sql(update_when)} then 'update' end"""
    return joined.select(f"{GIVEN}.*", F.expr(change).alias("_change")).where("_change is not null")


def merge(table: Table, target: DeltaTable, marked: DataFrame) -> None:
    """Do with every marked row what its `_change` says."""
    values = {name: f"{GIVEN}.`{name}`" for name in table.column_names}
    merging = target.alias(STORED).merge(marked.alias(GIVEN), _same(table.primary_key))
    merging = merging.whenMatchedDelete(f"{GIVEN}._change = 'delete'").whenMatchedUpdate(set=dict(values))
    merging.whenNotMatchedInsert(values=dict(values)).execute()


def delete_matching(target: DeltaTable, keys: DataFrame, on: Sequence[str]) -> None:
    """Remove the rows that equal one of `keys`, which are distinct, in the columns `on`."""
    target.alias(STORED).merge(keys.alias(GIVEN), _same(on)).whenMatchedDelete().execute()


def _same(key: Sequence[str]) -> str:
    return spark_sql(And(tuple(Equal(given(column), stored(column)) for column in key)))
