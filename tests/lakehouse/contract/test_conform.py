import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from lakehouse.contract.conform import conform
from lakehouse.contract.outcome import QUARANTINE_COLUMNS, accepted, rejected, restored
from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.contract.source import Feed, Source
from libs.settings.layers import ConfigError
from libs.tables import LONG, MONEY, STRING, TIMESTAMP, Column, Lookup, Merge, Table

TABLE = Table(
    name="silver.sales",
    comment="",
    columns=[
        SOURCE,
        Column("sale_id", STRING, "", nullable=False),
        Column("user_id", STRING, ""),
        Column("status", STRING, ""),
        Column("units", LONG, ""),
        Column("price", MONEY, ""),
        Column("sold_at", TIMESTAMP, ""),
        Column("email_hash", STRING, ""),
        Column("country", STRING, ""),
        Column("value", MONEY, ""),
        *PROVENANCE,
    ],
    primary_key=["sale_id"],
    event_time="sold_at",
    refresh=Merge(
        entity="sales",
        lookups=[Lookup("country", table="silver.users", on="user_id", take="country")],
        derived={"value": "units * price"},
    ),
)
FEED: dict[str, Any] = {
    "columns": {
        "sale_id": "nr",
        "user_id": "customer",
        "status": {"from": "state", "map": {"done": "Complete", "back": "Returned"}},
        "units": {"value": "1"},
        "price": "price",
        "sold_at": {"sql": "concat(day, ' ', coalesce(hour, '00:00'))"},
    },
    "required": ["price"],
    "allowed": {"status": ["Complete", "Returned"]},
    "rules": {"negative_price": "price >= 0"},
    "pseudonymise": {"email_hash": "email"},
    "where": "kind is null or kind <> 'note'",
}
FIELDS = ["nr", "customer", "state", "price", "day", "hour", "email", "kind"]
GOOD = {"nr": "1", "customer": "7", "state": "done", "price": "5.5", "day": "2026-01-01", "hour": "10:00"}
ARRIVED = datetime(2026, 1, 2, tzinfo=UTC)


def source(**feed: Any) -> Source:
    declared = {"fields": FIELDS, "feeds": {"sales": FEED | feed}}
    return Source.model_validate({"source": "shop", "id_prefix": "s-", "future_tolerance": "2d", "tables": {"sales": declared}})


def bronze(spark: SparkSession, *rows: dict[str, str | None]) -> DataFrame:
    given = [(*tuple({**GOOD, **row}.get(n) for n in (*FIELDS, "_extra", "_malformed")), "sales.csv", ARRIVED, 0) for row in rows]
    names = ", ".join(f"{name} string" for name in (*FIELDS, "_extra", "_malformed", "_source_file"))
    return spark.createDataFrame(given, f"{names}, _ingested_at timestamp, _batch_id long")


def conformed(rows: DataFrame, keep_raw: bool = False, **feed: Any) -> DataFrame:
    declared = source(**feed)
    feeds: Feed = declared.tables["sales"].feeds["sales"]
    return conform(rows, declared, feeds, TABLE, "key", keep_raw)


def test_a_valid_row_gets_the_declared_columns_and_types(spark: SparkSession) -> None:
    rows = accepted(conformed(bronze(spark, {"email": "a@b.c", "customer": ""}))).drop("_reasons", "_raw", "_left_out")
    declared = {c.name: c.type for c in TABLE.columns if c.name not in ("country", "value")}
    assert {f.name: f.dataType.simpleString() for f in rows.schema} == declared
    (row,) = rows.selectExpr("*", "cast(sold_at as string) as at").collect()
    assert (row.source, row.sale_id, row.user_id, row.status, row.units) == ("shop", "s-1", None, "Complete", 1)
    assert (str(row.price), row.at, len(row.email_hash)) == ("5.500000", "2026-01-01 10:00:00", 64)
    assert row._source_file == "sales.csv"


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> dict[str, Row]:
    """Rows with one fault each, by their number, as they were judged."""
    faults: dict[str, dict[str, str | None]] = {
        "1": {},
        "2": {"price": ""},
        "3": {"price": "five"},
        "4": {"price": "-1"},
        "5": {"state": "lost"},
        "6": {"day": "2026-01-04", "hour": "00:00:01"},
        "7": {"day": "2026-01-04", "hour": "00:00:00"},
        "8": {"customer": "Zo\ufffd"},
        "9": {"_malformed": "9,too,many", "price": "five"},
        "10": {"kind": "note"},
        "11": {"state": "lost", "price": "-1", "day": "no day"},
        "12": {"state": None, "hour": None},
    }
    rows = conformed(bronze(spark, *({**fault, "nr": nr} for nr, fault in faults.items()), {"nr": None}))
    return {row.sale_id: row for row in rows.collect()}


@pytest.mark.parametrize(
    ("nr", "reasons"),
    [
        ("s-1", []),
        ("s-2", ["missing_price"]),
        ("s-3", ["bad_price"]),
        ("s-4", ["negative_price"]),
        ("s-5", ["unknown_status"]),
        ("s-6", ["future"]),
        ("s-7", []),
        ("s-8", ["bad_encoding"]),
        ("s-9", ["malformed_row"]),
        ("s-11", ["bad_sold_at", "unknown_status", "negative_price"]),
        ("s-12", []),
        (None, ["missing_sale_id"]),
    ],
)
def test_each_fault_has_its_reason(judged: dict[str, Row], nr: str | None, reasons: list[str]) -> None:
    assert judged[nr]._reasons == reasons  # type: ignore[index]
    assert (judged[nr]._raw is None) == (not reasons)  # type: ignore[index]


def test_rows_that_are_none_of_the_feeds_business_are_left_out(judged: dict[str, Row]) -> None:
    assert "s-10" not in judged


def test_rejected_rows_keep_what_came_with_key_and_reasons(spark: SparkSession) -> None:
    rows = rejected(conformed(bronze(spark, {}, {"nr": "2", "price": " 5 euro"})), TABLE)
    assert dict(rows.dtypes) == {c.name: c.type for c in QUARANTINE_COLUMNS}
    (row,) = rows.collect()
    assert (row.entity, row.key, row.reasons, row._source_file) == ("sales", "s-2", ["bad_price"], "sales.csv")
    assert json.loads(row.raw) == GOOD | {"nr": "2", "price": " 5 euro"}


def test_a_quarantined_row_comes_back_as_it_was_judged_before(spark: SparkSession) -> None:
    rows = conformed(bronze(spark, {"state": "lost"}, {"nr": "2", "price": None}))
    again = conformed(restored(rejected(rows, TABLE), FIELDS))
    assert sorted(map(str, again.collect())) == sorted(map(str, rows.collect()))


@pytest.mark.parametrize(
    ("feed", "told"),
    [
        ({"columns": FEED["columns"] | {"value": "price"}}, "silver.sales takes no column value from a feed"),
        ({"columns": FEED["columns"] | {"sold_at": {"sql": "dayy"}}}, "source shop, feed of silver.sales: .*dayy"),
        ({"rules": {"cheap": "price <"}}, "source shop, feed of silver.sales: .*"),
    ],
)
def test_a_feed_that_does_not_fit_is_told_in_one_line(spark: SparkSession, feed: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        conformed(bronze(spark, {}), **feed)
    assert "\n" not in str(raised.value)


@pytest.mark.only_spark
def test_a_condition_on_the_reasons_is_not_moved_below_what_they_are_made_of(spark: SparkSession) -> None:
    """Moved there it would judge each row twice, and with a table of many columns take minutes to plan."""
    rows = conformed(bronze(spark, {}))
    parsed, kept = (str(df._jdf.queryExecution().optimizedPlan()).count("try_cast(") for df in (rows, accepted(rows)))
    assert kept == parsed > 0


def test_numbers_and_times_are_read_as_their_fields_are_written_in_sql_too(spark: SparkSession) -> None:
    written = {"price": {"decimal": ",", "thousands": "."}, "day": {"date_form": ["d.M.yyyy"]}}
    rows: list[dict[str, str | None]] = [
        {"price": "1.234,5", "day": "1.12.2025"},
        {"nr": "2", "price": "1.5", "day": "1.12.2025"},
        {"nr": "3", "price": "2,5", "day": "x"},
    ]
    found = conformed(bronze(spark, *rows), written=written, where="try_cast(price as double) > 2 or nr <> '1'")
    seen = {row.sale_id: (row.price, row.sold_at and f"{row.sold_at:%Y-%m-%d %H:%M}", row["_reasons"]) for row in found.collect()}
    assert seen["s-1"][0] == Decimal("1234.5") and seen["s-1"][2] == []
    assert (seen["s-2"][0], seen["s-2"][2]) == (None, ["bad_price"])
    assert (seen["s-3"][0], seen["s-3"][2]) == (Decimal("2.5"), ["bad_sold_at"])
    raw = {row.sale_id: json.loads(row["_raw"])["price"] for row in found.where("size(_reasons) > 0").collect()}
    assert raw == {"s-2": "1.5", "s-3": "2,5"}
