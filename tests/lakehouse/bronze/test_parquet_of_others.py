"""Parquet files as other programs write them, each column read as text."""

import base64
import io
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from lakehouse.bronze.reading import check_beginning
from lakehouse.bronze.reading import read as read_file
from lakehouse.bronze.remarks import lines
from lakehouse.contract.source import SourceTable
from libs.errors import InputError
from libs.store.spark_state import setting


def texts(content: bytes, *columns: str) -> list[tuple[str | None, ...]]:
    """The rows of a file whose columns are all declared."""
    table = SourceTable.model_validate({"fields": list(columns)})
    assert check_beginning(io.BytesIO(content), "x.parquet", "x", table) == []
    batches = list(read_file(io.BytesIO(content), "x.parquet", "x", table))
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert {row["_extra"] for row in rows} <= {None}
    return [tuple(row[column] for column in columns) for row in rows]


def test_what_pandas_writes_is_read_and_its_index_is_no_column() -> None:
    columns: dict[str, Any] = {
        "ns": pd.to_datetime(["2026-03-13 10:00:00.123456789", "NaT"]),
        "zoned": pd.to_datetime(["2026-03-13 10:00:00.5", "NaT"]).tz_localize("Europe/Berlin"),
        "delta": pd.to_timedelta(["1h 0.5s", None]),
        "kind": pd.Categorical(["a", None]),
        "nothing": [None, None],
        "count": pd.array([1, None], "Int64"),
        "user_id": [1001.0, np.nan],
        "day": [date(2026, 1, 1), None],
        "clock": [time(1, 2, 3), None],
        "price": [Decimal("1.10"), None],
        "prices": [[1.0], None],
        "item": [{"a": 1, "b": None}, None],
        "raw": [b"abc", None],
        "yes": pd.array([True, None], "boolean"),
    }
    file = io.BytesIO()
    pd.DataFrame(columns, index=["r1", "r2"]).to_parquet(file)
    first, second = texts(file.getvalue(), *columns)
    assert dict(zip(columns, first, strict=True)) == {
        "ns": "2026-03-13 10:00:00.123456789",
        "zoned": "2026-03-13 09:00:00.5",
        "delta": "3600.5",
        "kind": "a",
        "nothing": None,
        "count": "1",
        "user_id": "1001.0",
        "day": "2026-01-01",
        "clock": "01:02:03",
        "price": "1.10",
        "prices": "[1.0]",
        "item": '{"a":1}',
        "raw": "abc",
        "yes": "true",
    }
    assert set(second) == {None}


def test_what_duckdb_writes_is_read(tmp_path: Path) -> None:
    columns = {
        "id": ("'00000000-0000-0000-0000-00000000002a'::uuid", "00000000-0000-0000-0000-00000000002a"),
        "span": ("interval '14 months 2 days 3.5 seconds'", "P14M2DT3.5S"),
        "bytes": ("'a'::blob", "a"),
        "moment": ("timestamptz '2026-03-13 10:00:00+02'", "2026-03-13 08:00:00"),
        "ns": ("timestamp_ns '2026-03-13 10:00:00.123456789'", "2026-03-13 10:00:00.123456789"),
        "list": ("[1, null]", "[1,null]"),
        "struct": ("{'a': 1, 'b': ['x']}", '{"a":1,"b":["x"]}'),
        "map": ("map{'k': 1}", '{"k":1}'),
        "word": ("'x'::enum('x', 'y')", "x"),
        "money": ("123.45::decimal(10, 2)", "123.45"),
        "nan": ("'nan'::double", None),
        "whole": ("12345678.0::double", "12345678.0"),
        "nothing": ("null", None),
        "json": ("""'{"a":1}'::json""", '{"a":1}'),
        "clock": ("time '10:00:01.5'", "10:00:01.5"),
    }
    file = tmp_path / "x.parquet"
    with duckdb.connect() as connection:
        given = ", ".join(f'{sql} as "{name}"' for name, (sql, _) in columns.items())
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"copy (select {given}) to '{file}' (format parquet)")
    assert dict(zip(columns, texts(file.read_bytes(), *columns)[0], strict=True)) == {n: text for n, (_, text) in columns.items()}


@pytest.mark.only_spark
def test_what_spark_writes_is_read_far_years_too(spark: SparkSession, tmp_path: Path) -> None:
    columns = {
        "moment": ("timestamp'2026-03-13 10:00:00.5'", "2026-03-13 10:00:00.5"),
        "forever": ("timestamp'9999-12-31 00:00:00'", "9999-12-31 00:00:00"),
        "local": ("timestamp_ntz'2026-03-13 10:00:00'", "2026-03-13 10:00:00"),
        "bytes": ("cast('a' as binary)", "a"),
        "item": ("named_struct('a', 1)", '{"a":1}'),
        "tags": ("map('k', array(1.5))", '{"k":[1.5]}'),
    }
    query = ", ".join(f"{sql} as `{name}`" for name, (sql, _) in columns.items())
    for number, form in enumerate(("INT96", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS")):
        with setting(spark, "spark.sql.parquet.outputTimestampType", form):
            spark.sql(f"select {query}").coalesce(1).write.parquet(str(tmp_path / str(number)))
        (file,) = (tmp_path / str(number)).glob("*.parquet")
        assert dict(zip(columns, texts(file.read_bytes(), *columns)[0], strict=True)) == {n: t for n, (_, t) in columns.items()}


def test_times_of_the_older_form_are_read_far_years_too() -> None:
    file = io.BytesIO()
    moments = pa.array([253_370_764_800_000_000, 1_500_000], pa.timestamp("us"))
    pq.write_table(pa.table({"at": pa.array([1_500_000_000], pa.timestamp("ns"))}), file, use_deprecated_int96_timestamps=True)
    assert texts(file.getvalue(), "at") == [("1970-01-01 00:00:01.5",)]
    file = io.BytesIO()
    pq.write_table(pa.table({"at": moments}), file)
    assert texts(file.getvalue(), "at") == [("9999-01-01 00:00:00",), ("1970-01-01 00:00:01.5",)]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.Series(pd.period_range("2026-01", periods=1, freq="M")), "pandas.period"),
        (pd.Series([{"metadata": b"\x01", "value": b"\x00"}]), "variant"),
    ],
)
def test_a_column_without_a_text_is_named_by_its_type_and_the_others_are_taken(column: "pd.Series[Any]", kind: str) -> None:
    file = io.BytesIO()
    pd.DataFrame({"id": ["1"], "odd": column}).to_parquet(file)
    declared, undeclared = ({"fields": fields} for fields in (["id", "odd"], ["id"]))
    with pytest.raises(
        InputError, match=rf"x.parquet: table x: column odd is of type {kind}, whose values have no text: write it"
    ):
        check_beginning(io.BytesIO(file.getvalue()), "x.parquet", "x", SourceTable.model_validate(declared))
    remarks = check_beginning(io.BytesIO(file.getvalue()), "x.parquet", "x", SourceTable.model_validate(undeclared))
    assert lines(remarks) == [f"x.parquet: not taken: column odd of type {kind}, whose values have no text"]
    rows = read_file(io.BytesIO(file.getvalue()), "x.parquet", "x", SourceTable.model_validate(undeclared))
    assert [(row["id"], row["_extra"]) for batch in rows for row in batch.to_pylist()] == [("1", None)]


def test_a_column_that_arrow_can_not_read_is_named_and_no_damage() -> None:
    file = io.BytesIO()
    pairs = pa.array([[1, 2], [3, 4]], pa.list_(pa.int8()))
    table = pa.table({"id": ["1", "2"], "pair": pairs})
    with pq.ParquetWriter(file, table.schema, store_schema=False) as writer:
        writer.write_table(table)
    assert texts(file.getvalue(), "id", "pair") == [("1", "[1,2]"), ("2", "[3,4]")]

    # As polars writes an array of a fixed length that is null: Arrow's description says a length that the values do not have.
    wrong = pa.schema([("id", pa.string()), ("pair", pa.list_(pa.int8(), 2))])
    described = base64.b64encode(wrong.serialize().to_pybytes())
    file = io.BytesIO()
    rows = pa.table({"id": ["1", "2"], "pair": pa.array([[1, 2], None], pa.list_(pa.int8()))})
    with pq.ParquetWriter(file, rows.schema, store_schema=False) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata({"ARROW:schema": described.decode()})
    told = r"^x.parquet: table x: column pair of type fixed_size_list<.*>\[2\] can't be read \(Expected all lists to be of size=2"
    with pytest.raises(InputError, match=told):
        list(read_file(io.BytesIO(file.getvalue()), "x.parquet", "x", SourceTable.model_validate({"fields": ["id", "pair"]})))


def test_bytes_that_are_no_text_in_a_column_of_texts_are_marked_as_in_other_forms() -> None:
    held = pa.array([b"Zo\xeb", None, "Zoë".encode()])
    wrong = pa.StringArray.from_buffers(3, *held.buffers()[1:], held.buffers()[0])
    file = io.BytesIO()
    pq.write_table(pa.table({"id": wrong, "tags": pa.ListArray.from_arrays(pa.array([0, 1, 1, 1], pa.int32()), wrong)}), file)
    assert texts(file.getvalue(), "id", "tags") == [("Zo\ufffd", '["Zo\ufffd"]'), (None, "[]"), ("Zoë", "[]")]


def test_a_duration_is_seconds_whatever_its_unit() -> None:
    for unit in ("s", "ms", "us", "ns"):
        file = io.BytesIO()
        pq.write_table(pa.table({"d": pa.array([timedelta(seconds=90)], pa.duration(unit))}), file)
        assert texts(file.getvalue(), "d") == [("90",)]
