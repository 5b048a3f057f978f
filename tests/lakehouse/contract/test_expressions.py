"""A value that breaks the SQL of a source costs its row, and no other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_source
from lakehouse.silver import events

HITS = """
source: hits
tables:
  hits:
    fields: [hit, client, at, total, parts]
    feeds:
      events:
        columns:
          event_id: hit
          anonymous_id: client
          event_type: {value: view}
          occurred_at: {sql: "timestamp_micros(cast(at as bigint))"}
          sequence_number: {sql: "cast(total as bigint) * cast(parts as bigint)"}
        required: [event_id, occurred_at]
        rules: {many: sequence_number < 100}
        where: "parts is null or parts > 0"
"""


@pytest.mark.both_engines
def test_a_value_that_breaks_an_expression_costs_its_row_alone(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "hits.yaml").write_text(HITS)
    source = load_source(tmp_path / "hits.yaml", tmp_path, alike=True)
    rows = [
        ("good", "c", "1773655200000000", "2", "3"),
        ("no moment", "c", "n/a", "2", "3"),
        ("too many", "c", "1773655200000000", "50", "3"),
        ("beyond", "c", "1773655200000000", "9000000000000000000", "3"),
        ("beyond time", "c", "9000000000000000000", "1", "1"),
        ("left out", "c", "1773655200000000", "2", "0"),
        ("no number", "c", "1773655200000000", "2", "some"),
    ]
    given = [(*row, None, None, "hits.csv", datetime(2026, 4, 1, tzinfo=UTC), 0) for row in rows]
    names = (
        "hit string, client string, at string, total string, parts string, _extra string, _malformed string, _source_file string"
    )
    bronze = spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long")
    found = conform(bronze, source, source.tables["hits"].feeds["events"], events.TABLE, "key").collect()
    assert {row["event_id"]: (row["sequence_number"], list(row["_reasons"])) for row in found} == {
        "good": (6, []),
        "no moment": (6, ["missing_occurred_at"]),
        "too many": (150, ["many"]),
        "beyond": (None, []),
        "beyond time": (1, ["bad_occurred_at"]),
    }
