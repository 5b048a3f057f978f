from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, MapType, StructType

from lakehouse.bronze.as_text import as_text

MOMENT = datetime(2026, 3, 10, 1, 56, 1, 120000, tzinfo=UTC)
BEFORE = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
STRUCT = pa.struct([("b c", pa.float64()), ("a", pa.list_(pa.string())), ("at", pa.timestamp("us", "UTC")), ("on", pa.date32())])

# Values and their text; all of them but those of NOT_SPARKS are Spark's text too.
VALUES: dict[str, tuple[pa.DataType, list[Any], list[str | None]]] = {
    "long": (pa.int64(), [-(2**63), 7], ["-9223372036854775808", "7"]),
    "unsigned": (pa.uint64(), [2**64 - 1], ["18446744073709551615"]),
    "double": (
        pa.float64(),
        [17850.0, 0.1, -0.0, 12345678.0, 1e16, 0.0001, 9.999e-5, 1.5e300, float("nan"), float("-inf")],
        ["17850.0", "0.1", "-0.0", "12345678.0", "1e+16", "0.0001", "9.999e-05", "1.5e+300", None, "-inf"],
    ),
    "float": (pa.float32(), [0.1, 16777216.0, 1e-10], ["0.1", "16777216.0", "1e-10"]),
    "half": (pa.float16(), [1.5, float("nan")], ["1.5", None]),
    "boolean": (pa.bool_(), [True, False], ["true", "false"]),
    "money": (pa.decimal128(38, 10), [Decimal("0.0000000001"), Decimal("-12.5")], ["0.0000000001", "-12.5000000000"]),
    "day": (pa.date32(), [date(1969, 12, 31), date(2024, 2, 29)], ["1969-12-31", "2024-02-29"]),
    "utc": (
        pa.timestamp("us", "UTC"),
        [MOMENT, BEFORE, MOMENT.replace(microsecond=0)],
        ["2026-03-10 01:56:01.12", "1969-12-31 23:59:59.999999", "2026-03-10 01:56:01"],
    ),
    "elsewhere": (pa.timestamp("ms", "Europe/Berlin"), [MOMENT], ["2026-03-10 01:56:01.12"]),
    "local": (pa.timestamp("us"), [MOMENT.replace(tzinfo=None)], ["2026-03-10 01:56:01.12"]),
    "binary": (pa.binary(), [b"\x00\xff", b"", "Zoë\n".encode(), b"a\x00"], ["AP8=", "", "Zoë\n", "YQA="]),
    "fixed binary": (pa.binary(2), [b"ab", b"\xff\xff"], ["ab", "//8="]),
    "binary view": (pa.binary_view(), [b"ab"], ["ab"]),
    "large text": (pa.large_string(), ["ab"], ["ab"]),
    "text view": (pa.string_view(), ["ab"], ["ab"]),
    "coded": (pa.dictionary(pa.int32(), pa.string()), ["a", "b", "a"], ["a", "b", "a"]),
    "coded times": (pa.dictionary(pa.int8(), pa.timestamp("ns")), [1_500_000_000], ["1970-01-01 00:00:01.5"]),
    "nothing": (pa.null(), [None], [None]),
    "uuid": (pa.uuid(), [UUID(int=5)], ["00000000-0000-0000-0000-000000000005"]),
    "json": (pa.json_(), ['{"a":1}'], ['{"a":1}']),
    "month": (pa.month_day_nano_interval(), [(14, -2, 3_500_000_000), (0, 0, 0)], ["P14M-2DT3.5S", "PT0S"]),
    "date of 64 bits": (pa.date64(), [date(2024, 2, 29)], ["2024-02-29"]),
    "wide money": (pa.decimal256(50, 10), [Decimal("1.5")], ["1.5000000000"]),
    "nanoseconds elsewhere": (pa.timestamp("ns", "Europe/Berlin"), [1_000_000_001], ["1970-01-01 00:00:01.000000001"]),
    "view of lists": (pa.list_view(pa.int32()), [[1, None], None, [2], []], ["[1,null]", None, "[2]", "[]"]),
    "large list": (pa.large_list(pa.null()), [[None], []], ["[null]", "[]"]),
    "numbers that JSON has not": (pa.list_(pa.float64()), [[float("nan"), float("inf"), 1e16]], ['[null,"inf",1e+16]']),
    "list": (pa.list_(pa.int32()), [[1, None], []], ["[1,null]", "[]"]),
    "map": (pa.map_(pa.string(), pa.decimal128(5, 2)), [[("a", Decimal("1.50")), ("b", None)]], ['{"a":1.50,"b":null}']),
    "struct": (
        STRUCT,
        [
            {"b c": 1e6, "a": ['x"y'], "at": MOMENT, "on": date(2026, 1, 1)},
            {"b c": float("nan"), "a": None, "at": None, "on": None},
        ],
        ['{"b c":1000000.0,"a":["x\\"y"],"at":"2026-03-10T01:56:01.120Z","on":"2026-01-01"}', "{}"],
    ),
    "nested": (
        pa.list_(pa.struct([("a", pa.map_(pa.string(), pa.list_(pa.bool_())))])),
        [[{"a": [("k", [True, None])]}, None], [{"a": None}]],
        ['[{"a":{"k":[true,null]}},null]', "[{}]"],
    ),
    "nanoseconds": (pa.timestamp("ns"), [1_000_000_001], ["1970-01-01 00:00:01.000000001"]),
    "clock": (pa.time64("us"), [time(1, 2, 3, 40)], ["01:02:03.00004"]),
    "duration": (pa.duration("us"), [timedelta(seconds=1)], ["1"]),
    "duration of nanoseconds": (pa.duration("ns"), [-1_500_000_000, 5_400_250_000_000], ["-1.5", "5400.25"]),
    "exact in json": (pa.list_(pa.timestamp("us", "UTC")), [[BEFORE]], ['["1969-12-31T23:59:59.999999Z"]']),
    "fixed": (pa.list_(pa.int8(), 2), [[1, 2], None, [3, 4]], ["[1,2]", None, "[3,4]"]),
}
# What Spark writes the same text of; it writes other doubles in Java's way, has NaN, and has no such types or cuts them.
SPARKS = ("long", "boolean", "money", "day", "utc", "elsewhere", "local", "coded", "list", "map", "nested")


def made(values: list[Any], type_: pa.DataType) -> pa.Array:
    """Arrow makes dictionaries of texts alone from values."""
    if pa.types.is_dictionary(type_):
        return pa.array(values, type_.value_type).dictionary_encode()
    return pa.array(values, type_)


@pytest.mark.parametrize("kind", VALUES)
def test_values_become_text(kind: str) -> None:
    type_, values, texts = VALUES[kind]
    array = made([None, *values, None], type_)
    assert as_text(array).to_pylist() == [None, *texts, None]
    assert as_text(array.slice(1, 1)).to_pylist() == texts[:1]
    assert as_text(array[:0]).to_pylist() == []


def test_uuids_within_lists_are_written_as_such() -> None:
    ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=5).bytes, None], pa.binary(16)))
    lists = pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), ids)
    assert as_text(lists).to_pylist() == ['["00000000-0000-0000-0000-000000000005",null]']


@pytest.fixture(scope="module")
def by_spark(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What Spark makes of the values in Parquet files."""
    folder = tmp_path_factory.mktemp("parquet")
    found = {}
    for kind, (type_, values, _) in VALUES.items():
        if kind in SPARKS:
            file = Path(folder) / f"{kind}.parquet"
            pq.write_table(pa.table({"value": pa.array(values, type_)}), file)
            rows = spark.read.parquet(str(file))
            column, nested = F.col("value"), (StructType, ArrayType, MapType)
            text = F.to_json(column) if isinstance(rows.schema["value"].dataType, nested) else column.cast("string")
            found[kind] = [row[0] for row in rows.select(text).collect()]
    yield found


@pytest.mark.only_spark
@pytest.mark.parametrize("kind", SPARKS)
def test_the_text_is_sparks(by_spark: dict[str, list[str]], kind: str) -> None:
    assert by_spark[kind] == VALUES[kind][2]
