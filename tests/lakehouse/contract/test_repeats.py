from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lakehouse.contract import repeats
from lakehouse.contract.conform import cleaned_rows
from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.contract.repeats import by_few_repeats, by_repeats
from lakehouse.contract.source import Feed, Source
from libs.tables import LONG, STRING, Column, Merge, Table

COLUMNS = {"columns": {"sale_id": {"sql": "concat(shop, '-', number)"}, "line": "line"}}
SALES = Feed.model_validate(COLUMNS)
SHOP = Source.model_validate(
    {
        "source": "shop",
        "description": "a shop",
        "id_prefix": "shop:",
        "tables": {"sales": {"fields": ["shop", "number", "line", "price"], "feeds": {"sales": COLUMNS}}},
    }
)
TABLE = Table(
    name="silver.sales",
    comment="",
    columns=[SOURCE, Column("sale_id", STRING, ""), Column("line", LONG, ""), *PROVENANCE],
    primary_key=["sale_id", "line"],
    refresh=Merge(entity="sales"),
)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
BRONZE = "shop string, number string, line string, price string, _ingested_at timestamp, _source_file string, _extra string, _malformed string"
ROWS = st.lists(st.tuples(*[st.sampled_from(["", "1", " 1", "2"])] * 3), max_size=20)


@given(ROWS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_whose_key_is_repeated_once_cleaned_and_typed_are_told_from_the_others(
    spark: SparkSession, rows: list[tuple[str, str, str]]
) -> None:
    numbered = [(*row, str(price), MOMENT, "sales.csv", None, None) for price, row in enumerate(rows)]
    bronze = spark.createDataFrame(numbered, BRONZE)

    cleaned = cleaned_rows(bronze, SHOP, [SALES])
    alone, shared = (rows.frame for rows in by_repeats(cleaned, SHOP, SALES, TABLE))

    assert alone.columns == shared.columns == cleaned.frame.columns
    keys = [_key(row) for row in rows]
    assert _prices(alone) == [price for price, key in enumerate(keys) if keys.count(key) == 1]
    assert _prices(shared) == [price for price, key in enumerate(keys) if keys.count(key) > 1]


def _key(row: tuple[str, str, str]) -> tuple[str | None, int | None]:
    shop, number, line = (text.strip() for text in row)
    return (f"{shop}-{number}" if shop and number else None), (int(line) if line else None)


def _prices(rows: DataFrame) -> list[int]:
    return sorted(int(row.price) for row in rows.select("price").collect())


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8), st.integers(0, 3))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_valid_rows_those_that_share_a_key_are_found_unless_there_are_many(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, keys: list[str], few: int
) -> None:
    monkeypatch.setattr(repeats, "FEW", few)
    rows = spark.createDataFrame([(key, str(n)) for n, key in enumerate(keys)], "sale_id string, price string")
    shared = [n for n, key in enumerate(keys) if keys.count(key) > 1]

    parts = by_few_repeats(rows, replace(TABLE, primary_key=["sale_id"]))

    if len({keys[n] for n in shared}) > few:
        assert parts is None
    else:
        assert parts is not None
        assert [_prices(part) for part in parts] == [[n for n in range(len(keys)) if n not in shared], shared]


def test_keys_of_several_columns_are_not_asked_for(spark: SparkSession) -> None:
    assert by_few_repeats(spark.createDataFrame([], "sale_id string, line bigint"), TABLE) is None
