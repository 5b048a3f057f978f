from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

from lakehouse.bronze.as_text import as_text

pytestmark = pytest.mark.only_spark

MOMENT = datetime(2026, 3, 10, 1, 56, 1, 120000, tzinfo=UTC)
BEFORE = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
STRUCT = pa.struct([("b c", pa.float64()), ("a", pa.list_(pa.string())), ("at", pa.timestamp("us", "UTC")), ("on", pa.date32())])

# Values and their text; all of them but those of NOT_SPARKS are Spark's text too.
VALUES: dict[str, tuple[pa.DataType, list[Any], list[str]]] = {
    "long": (pa.int64(), [-(2**63), 7], ["-9223372036854775808", "7"]),
    "unsigned": (pa.uint64(), [2**64 - 1], ["18446744073709551615"]),
    "double": (
        pa.float64(),
        [17850.0, 0.1, -0.0, 1e7, 0.001, 9.999e-4, 1.5e300, 9999999.0, float("nan"), float("-inf")],
        ["17850.0", "0.1", "-0.0", "1.0E7", "0.001", "9.999E-4", "1.5E300", "9999999.0", "NaN", "-Infinity"],
    ),
    "float": (pa.float32(), [0.1, 16777216.0, 1e-10], ["0.1", "1.6777216E7", "1.0E-10"]),
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
    "binary": (pa.binary(), [b"\x00\xff", b""], ["AP8=", ""]),
    "coded": (pa.dictionary(pa.int32(), pa.string()), ["a", "b", "a"], ["a", "b", "a"]),
    "list": (pa.list_(pa.int32()), [[1, None], []], ["[1,null]", "[]"]),
    "map": (pa.map_(pa.string(), pa.decimal128(5, 2)), [[("a", Decimal("1.50")), ("b", None)]], ['{"a":1.50,"b":null}']),
    "struct": (
        STRUCT,
        [
            {"b c": 1e10, "a": ['x"y'], "at": MOMENT, "on": date(2026, 1, 1)},
            {"b c": float("nan"), "a": None, "at": None, "on": None},
        ],
        ['{"b c":1.0E10,"a":["x\\"y"],"at":"2026-03-10T01:56:01.120Z","on":"2026-01-01"}', '{"b c":"NaN"}'],
    ),
    "nested": (
        pa.list_(pa.struct([("a", pa.map_(pa.string(), pa.list_(pa.bool_())))])),
        [[{"a": [("k", [True, None])]}, None], [{"a": None}]],
        ['[{"a":{"k":[true,null]}},null]', "[{}]"],
    ),
    "nanoseconds": (pa.timestamp("ns"), [1_000_000_001], ["1970-01-01 00:00:01.000000001"]),
    "clock": (pa.time64("us"), [time(1, 2, 3, 40)], ["01:02:03.00004"]),
    "duration": (pa.duration("us"), [timedelta(seconds=1)], ["1000000"]),
    "exact in json": (pa.list_(pa.timestamp("us", "UTC")), [[BEFORE]], ['["1969-12-31T23:59:59.999999Z"]']),
    "fixed": (pa.list_(pa.int8(), 2), [[1, 2]], ["[1,2]"]),
}
# Spark refuses nanoseconds, has other types for clock and duration, and cuts moments in JSON to milliseconds.
NOT_SPARKS = ("nanoseconds", "clock", "duration", "exact in json", "fixed")


@pytest.mark.parametrize("kind", VALUES)
def test_values_become_text(kind: str) -> None:
    type_, values, texts = VALUES[kind]
    array = pa.array([None, *values, None], type_)
    assert as_text(array).to_pylist() == [None, *texts, None]
    assert as_text(array.slice(1, 1)).to_pylist() == texts[:1]
    assert as_text(array[:0]).to_pylist() == []


@pytest.fixture(scope="module")
def by_spark(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What Spark makes of the values in Parquet files."""
    folder = tmp_path_factory.mktemp("parquet")
    found = {}
    for kind, (type_, values, _) in VALUES.items():
        if kind not in NOT_SPARKS:
            file = Path(folder) / f"{kind}.parquet"
            pq.write_table(pa.table({"value": pa.array(values, type_)}), file)
            rows = spark.read.parquet(str(file))
            column, nested = F.col("value"), (StructType, ArrayType, MapType)
            text = F.to_json(column) if isinstance(rows.schema["value"].dataType, nested) else column.cast("string")
            text = F.base64(column) if isinstance(rows.schema["value"].dataType, BinaryType) else text
            found[kind] = [row[0] for row in rows.select(text).collect()]
    yield found


@pytest.mark.parametrize("kind", [kind for kind in VALUES if kind not in NOT_SPARKS])
def test_the_text_is_sparks(by_spark: dict[str, list[str]], kind: str) -> None:
    assert by_spark[kind] == VALUES[kind][2]
