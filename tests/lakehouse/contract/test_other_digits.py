"""Digits of other scripts are no digits: a number or a time of them is rejected visibly, and an id stays as it came."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_source
from lakehouse.contract.parsing import parsed
from lakehouse.silver import events
from libs.sql.tolerant import tolerant
from libs.sql.translated import duckdb_of
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, TIMESTAMP

# Full-width, Arabic-Indic, Persian, Devanagari, mathematical, raised ones, mixed with ours; a minus and a point of other scripts.
NUMBERS = ("１２", "١٢", "۱۲", "१२", "𝟏𝟐", "¹²", "1２", "Ⅻ", "½", "−12", "12．5", "１.5", "١٢٫٥", "+１", "１e2")
TIMES = (
    "２０２６-03-01",
    "2026-03-０1",
    "2026-03-01 １0:00:00",
    "2026-03-01 10:00:00.５",
    "2026-03-01T10:00:00+０2:00",
    "2026－03－01",
)
SOURCE = """
source: shop
tables:
  events:
    fields: [event, person, visitor, at, place]
    feeds:
      events:
        columns: {event_id: event, user_id: person, anonymous_id: visitor, event_type: {value: view}, occurred_at: at, sequence_number: place}
"""


@pytest.mark.both_engines
def test_a_number_or_time_of_other_digits_is_none(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(text,) for text in (*NUMBERS, *TIMES)], "text string")
    types = (LONG, INTEGER, DOUBLE, MONEY, BOOLEAN, DATE, TIMESTAMP)
    found = rows.select("text", *[parsed(rows["text"], to).alias(f"c{number}") for number, to in enumerate(types)]).collect()
    assert [row for row in found if any(row[f"c{number}"] is not None for number in range(len(types)))] == []


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "sql", ["s > 0", "s > 0.5", "cast(s as bigint) > 0", "cast(s as double) > cast(0 as double)", "s rlike '^[0-9]+'"]
)
def test_no_engine_reads_them_in_sql_either(spark: SparkSession, sql: str) -> None:
    asked = tolerant(sql, {"s": "string"})
    # Those that begin with a digit of ours are left to the pattern.
    texts = [text for text in NUMBERS if text[0] not in "0123456789"]
    frame = spark.createDataFrame([(text,) for text in texts], "s string")
    with duckdb.connect() as connection:
        connection.execute("create table given as select unnest($texts) as s", {"texts": texts})
        answers = connection.execute(f"select {duckdb_of(asked)} from given").fetchall()
    assert {row["v"] for row in frame.selectExpr(f"{asked} as v").collect()} <= {None, False}
    assert {value for (value,) in answers} <= {None, False}


@pytest.mark.both_engines
def test_ids_of_other_digits_stay_and_numbers_are_rejected_with_their_reason(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SOURCE)
    source = load_source(tmp_path / "shop.yaml", tmp_path, alike=True)
    rows = [
        ("e1", "１００１", "v1", "2026-03-01", "1"),
        ("e2", "1001.0", "v1", "2026-03-01", "1"),
        ("e3", "１００１.０", "٠", "2026-03-01", "1"),
        ("e4", "u", "v", "2026-03-01", "１"),
        ("e5", "u", "v", "２０２６-03-01", "1"),
        ("１", "u", "v", "2026-03-01", "1"),
    ]
    given = [(*row, None, None, "events.csv", datetime(2026, 4, 1, tzinfo=UTC), 0) for row in rows]
    fields = "event string, person string, visitor string, at string, place string"
    bronze = spark.createDataFrame(
        given, f"{fields}, _extra string, _malformed string, _source_file string, _ingested_at timestamp, _batch_id long"
    )
    found = conform(bronze, source, source.tables["events"].feeds["events"], events.TABLE, "key").collect()
    assert {row["event_id"]: (row["user_id"], row["anonymous_id"], list(row["_reasons"])) for row in found} == {
        "e1": ("１００１", "v1", []),
        "e2": ("1001", "v1", []),
        "e3": ("１００１.０", "٠", []),
        "e4": ("u", "v", ["bad_sequence_number"]),
        "e5": ("u", "v", ["bad_occurred_at"]),
        "１": ("u", "v", []),
    }
