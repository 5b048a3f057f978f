"""Minimal examples of what the native engine does otherwise than Spark; docs/engines.md describes each.

Each function returns what the engine of the session gives, as JSON can hold it. `python -m tests.libs.engines.sail_faults` prints
what the native engine gives, or the kind of its error.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import write_deltalake
from pyspark.sql import functions as F
from pyspark.sql.types import DateType, StringType, StructField, StructType, TimestampType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ERROR = "an error"


def map_in_arrow_after_a_sort(spark: "SparkSession") -> Any:
    """Whether rows that are sorted within their partition arrive in that order."""

    def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    rows = spark.range(100).select((F.col("id") * 7 % 100).alias("n")).repartition(1)
    arrived = [n for (n,) in _rows(rows.sortWithinPartitions("n").mapInArrow(same, "n bigint"))]
    return arrived == sorted(arrived)


def windowed_list(spark: "SparkSession") -> Any:
    """The values of the two rows before, of which one is null."""
    return _values(
        spark,
        """select collect_list(value) over (order by n rows between 2 preceding and 1 preceding) from
        values (1, 'a'), (2, cast(null as string)), (3, 'b') as t (n, value)""",
    )


def days_between(spark: "SparkSession") -> Any:
    """The days of two hours around midnight."""
    return _values(spark, "select timestampdiff(DAY, timestamp'2024-01-01 23:00:00', timestamp'2024-01-02 01:00:00')")


def seconds_before_1970(spark: "SparkSession") -> Any:
    """The second of a moment before 1970."""
    return _values(spark, "select unix_seconds(timestamp'1969-12-31 23:59:58.5')")


def largest_of_minus_infinity(spark: "SparkSession") -> Any:
    """The largest value of a group that has only minus infinity."""
    return _values(spark, "select cast(max(x) as string) from values (1, double('-Infinity')) as t (k, x) group by k")


def number_with_an_exponent(spark: "SparkSession") -> Any:
    """A text in scientific notation as a decimal."""
    return _values(spark, "select cast(try_cast(x as decimal(18, 6)) as string) from values ('1e2') as t (x)")


def day_of_a_moment(spark: "SparkSession") -> Any:
    """The day of a text that has a time behind a T."""
    return _values(spark, "select cast(try_cast('2026-03-10T01:56:01Z' as date) as string)")


def json_cut_short(spark: "SparkSession") -> Any:
    """A field of an object that has no end."""
    return _values(spark, """select get_json_object('{"plan": "pro", "note": "cut', '$.plan')""")


def failed_cast_beside_null(spark: "SparkSession") -> Any:
    """Whether texts, of which one is no number, are null as numbers."""
    return _values(spark, "select try_cast(s as int) <=> null, null <=> try_cast(s as int) from values ('x'), ('1') as t (s)")


def decimals_of_seconds(spark: "SparkSession") -> Any:
    """The moment of a number of seconds with decimals."""
    return _values(spark, "select cast(timestamp_seconds(cast(1773655200.5 as double)) as string)")


def count_below_zero(spark: "SparkSession") -> Any:
    """Less than no letters of a text."""
    return _values(spark, "select left('abc', -1), right('abc', -1)")


def structs_of_other_names(spark: "SparkSession") -> Any:
    """Whether (2, 1) comes after (1, 2), as structs whose fields have other names."""
    return _values(spark, "select struct(a, b) > struct(b, a) from values (2, 1) as t (a, b)")


def part_of_a_count_below_zero(spark: "SparkSession") -> Any:
    """Less than no letters of a text, from its first."""
    return _values(spark, "select substring('abc', 1, -1)")


def text_beside_a_truth(spark: "SparkSession") -> Any:
    """Whether a text is true."""
    return _values(spark, "select s = true from values ('yes') as t (s)")


def double_beside_a_decimal(spark: "SparkSession") -> Any:
    """Whether a large double is a small decimal."""
    return _values(spark, "select x = 1.5 from values (double('1e20')) as t (x)")


def far_moment_rounded_down(spark: "SparkSession") -> Any:
    """The day of the last moment."""
    return _values(spark, "select cast(date_trunc('day', at) as string) from values (timestamp'9999-12-31 23:59:59') as t (at)")


def product_of_decimals(spark: "SparkSession") -> Any:
    """A product that is null where it is too large."""
    return _values(spark, "select cast(try_multiply(cast(2 as decimal(18, 6)), cast(3 as decimal(18, 6))) as string)")


def sum_of_a_missing_column(spark: "SparkSession") -> Any:
    """The sum of a column that one of the united frames does not have."""
    one, other, third = (spark.sql(f"select 1 as {name}") for name in "abc")
    united = one.unionByName(other, allowMissingColumns=True).unionByName(third, allowMissingColumns=True)
    return _rows(united.agg(F.sum("a"), F.sum("b"), F.sum("c")))


def item_at_a_column(spark: "SparkSession") -> Any:
    """The item of an array at a position that a column gives."""
    rows = spark.sql("select array('a', 'b') as names, cast(n as int) as n from values (1) as t (n)")
    return _rows(rows.select(F.col("names")[F.col("n")]))


def map_looked_up_by_a_struct(spark: "SparkSession") -> Any:
    """The value of a key that is a struct, looked up by a struct without names."""
    return _values(spark, "select map(named_struct('kind', 'on', 'n', 0), 5)[struct('on', 0)]")


def structs_of_which_one_may_be_null(spark: "SparkSession") -> Any:
    """How many rows an array of two structs gives, one of which has a field that may be null."""
    numbers = spark.range(3).select("id", F.explode(F.sequence(F.col("id"), F.col("id") + 2)).alias("n"))
    values = numbers.select(F.when(F.col("n") > 1, F.lit(0.0)).otherwise(F.col("id").cast("double")).alias("x"))
    either = F.array(F.struct("x"), F.struct(F.when(F.col("x") > 1, F.col("x")).alias("x")))
    return len(_rows(values.select(F.inline(either))))


def union_of_columns_with_comments(spark: "SparkSession") -> Any:
    """Rows of two tables whose columns have comments, united and counted by day."""
    whole, timed = (
        StructType([StructField(name, kind, True, {"comment": name}), StructField("who", StringType(), True, {"comment": "who"})])
        for name, kind in (("day", DateType()), ("at", TimestampType()))
    )
    moments = spark.createDataFrame([(datetime(2024, 1, 1, tzinfo=UTC), "a")], timed)
    counted = spark.createDataFrame([(date(2024, 1, 1), "a")], whole).groupBy("who", "day").count()
    days = moments.select(F.to_date("at").alias("day"), "who", F.lit(1).alias("n"))
    none = counted.select("day", "who", F.lit(None).cast("int").alias("n"))
    return [row[1:] for row in _rows(days.union(none).groupBy("day", "who").count())]


def group_by_all(spark: "SparkSession") -> Any:
    """Grouped by all columns that are not aggregated."""
    return _values(spark, "select x % 2, count(*) from values (1), (3) as t (x) group by all")


def rows_that_are_observed(spark: "SparkSession") -> Any:
    """The rows of a frame that are counted while they are read."""
    return _rows(spark.range(2).observe("seen", F.count(F.lit(1)).alias("rows")))


def change_data(spark: "SparkSession") -> Any:
    """Whether the change data of a Delta table say what changed."""
    with tempfile.TemporaryDirectory() as folder:
        for n in (1, 2):
            rows = pa.table({"n": [n]})
            write_deltalake(folder, rows, mode="append", configuration={"delta.enableChangeDataFeed": "true"})
        changes = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 1).load(folder)
        return sorted(row[:2] for row in _rows(changes))


def first_by_struct_is_slow(spark: "SparkSession") -> Any:
    """Whether the least struct of each of 20,000 groups takes more than three times as long as the first of its sorted list."""
    rows = spark.range(80_000).select((F.col("id") % 20_000).alias("k"), F.struct("id", (-F.col("id")).alias("m")).alias("s"))
    least = rows.groupBy("k").agg(F.min("s").alias("s"))
    listed = rows.groupBy("k").agg(F.get(F.sort_array(F.collect_list("s")), F.lit(0)).alias("s"))
    seconds = [min(_seconds(frame) for _ in range(3)) for frame in (least, listed)]
    return seconds[0] > 3 * seconds[1]


EXAMPLES: tuple[Callable[["SparkSession"], Any], ...] = (
    map_in_arrow_after_a_sort,
    windowed_list,
    days_between,
    seconds_before_1970,
    largest_of_minus_infinity,
    number_with_an_exponent,
    day_of_a_moment,
    json_cut_short,
    failed_cast_beside_null,
    decimals_of_seconds,
    count_below_zero,
    structs_of_other_names,
    part_of_a_count_below_zero,
    text_beside_a_truth,
    double_beside_a_decimal,
    far_moment_rounded_down,
    product_of_decimals,
    sum_of_a_missing_column,
    item_at_a_column,
    map_looked_up_by_a_struct,
    structs_of_which_one_may_be_null,
    union_of_columns_with_comments,
    group_by_all,
    rows_that_are_observed,
    change_data,
    first_by_struct_is_slow,
)


def given(example: Callable[["SparkSession"], Any], spark: "SparkSession") -> Any:
    """What the example gives, or ERROR."""
    try:
        return example(spark)
    except Exception:
        return ERROR


def _values(spark: "SparkSession", query: str) -> list[list[Any]]:
    return _rows(spark.sql(query))


def _rows(frame: "DataFrame") -> list[list[Any]]:
    return [list(row.values()) for row in frame.toArrow().to_pylist()]


def _seconds(frame: "DataFrame") -> float:
    began = time.perf_counter()
    frame.agg(F.max("s.id")).collect()
    return time.perf_counter() - began


def _print() -> None:
    from libs.engines.native import native_session
    from libs.settings.config import load_settings

    spark = native_session(load_settings({}))
    print(json.dumps({example.__name__: given(example, spark) for example in EXAMPLES}))


if __name__ == "__main__":
    _print()
