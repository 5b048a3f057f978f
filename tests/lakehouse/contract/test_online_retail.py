"""Invoice lines of Online Retail that programs exported again: the same lines, whatever the spelling of their values."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from pyspark.sql import DataFrame, Row, SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_source
from lakehouse.contract.outcome import accepted, latest
from libs.settings.project import PROJECT_ROOT

SOURCE = load_source(Path(PROJECT_ROOT) / "conf" / "sources" / "online_retail.yaml", alike=True)
LINE = {
    "InvoiceNo": "536365",
    "StockCode": "22752",
    "Description": "SET 7 BABUSHKA",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "7.65",
    "CustomerID": "17850",
    "Country": "United Kingdom",
}
Changed = Mapping[str, str | None]
# The same line in other spellings, and lines of which one value is another.
SAME: tuple[Changed, ...] = (
    {},
    {"CustomerID": "17850.0"},
    {"Quantity": "6.0"},
    {"Quantity": "+6"},
    {"Quantity": "6."},
    {"UnitPrice": "7.650"},
    {"UnitPrice": "+7.6500"},
    {"StockCode": "22752.0", "InvoiceNo": "536365.0"},
    {"InvoiceDate": "2010-12-01T08:26:00Z"},
    {"InvoiceDate": "2010-12-01 08:26"},
    {"InvoiceDate": "2010-12-01 10:26:00.000+02:00"},
    {"Description": " SET 7 BABUSHKA\u00a0", "Country": "United Kingdom "},
)
OTHERS: tuple[Changed, ...] = (
    {"CustomerID": "17851"},
    {"CustomerID": None},
    {"Quantity": "60"},
    {"UnitPrice": "7.605"},
    {"UnitPrice": "765"},
    {"UnitPrice": "7.651"},
    {"InvoiceDate": "2010-12-01 08:26:01"},
    {"InvoiceDate": "2010-12-01 08:26:00.5"},
    {"InvoiceDate": "2010-12-01 08:36:00"},
    {"InvoiceDate": "2010-12-02 08:26:00"},
    {"Description": None},
    {"StockCode": "22752A"},
    {"Country": "EIRE"},
)


def taken(spark: SparkSession, entity: str, *changes: Changed) -> DataFrame:
    """The rows of silver that such lines give, the stored ones of each key alone."""
    names = ", ".join(f"{name} string" for name in (*LINE, "_extra", "_malformed", "_source_file"))
    given = [
        (*({**LINE, **change}[name] for name in LINE), None, None, "a.csv", datetime(2027, 1, 1, tzinfo=UTC))
        for change in changes
    ]
    feed, table = SOURCE.tables["invoice_lines"].feeds[entity], catalogue()[f"silver.{entity}"].table
    rows = spark.createDataFrame(given, f"{names}, _ingested_at timestamp")
    return latest(accepted(conform(rows, SOURCE, feed, table, "key")), table, feed)


def test_a_line_that_was_exported_again_is_the_same_line(spark: SparkSession) -> None:
    (line,) = taken(spark, "order_items", *SAME).collect()
    assert (line.order_id, line.user_id, line.product_id) == ("536365", "17850", "22752")
    assert (line.quantity, line.sale_price) == (6, Decimal("45.900000"))


def test_lines_of_which_one_value_is_another_are_others(spark: SparkSession) -> None:
    lines = taken(spark, "order_items", *SAME, *OTHERS).collect()
    assert len(lines) == len({line.order_item_id for line in lines}) == 1 + len(OTHERS)


def test_letters_of_invoices_may_be_small(spark: SparkSession) -> None:
    """A credit note, and the accountant's adjustment, which is no sale."""
    credit: Changed = {"InvoiceNo": "c536379", "Quantity": "-1"}
    changes = [credit, {**credit, "InvoiceNo": "C536379"}, {"InvoiceNo": "a563185"}]
    expected = Row(order_id="C536379", status="Returned")
    assert taken(spark, "orders", *changes).select("order_id", "status").collect() == [expected]
    (line,) = taken(spark, "order_items", *changes).collect()
    assert (line.order_id, line.status, line.sale_price) == ("C536379", "Returned", Decimal("-7.650000"))
    assert taken(spark, "products", *changes).count() == 0
