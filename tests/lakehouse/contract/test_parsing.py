from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.contract.cleaning import stripped
from lakehouse.contract.parsing import parsed
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, STRING, TIMESTAMP

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 10, 1, 56, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("to", "values"),
    [
        (STRING, {" a b ": "a b", "": None, "  ": None, None: None}),
        (LONG, {"12": 12, "12.0": 12, "-3.": -3, " 7 ": 7, "12.5": None, "1e3": None, "x": None, "99999999999999999999": None}),
        (INTEGER, {"12.00": 12, "99999999999": None, "12\n": 12}),
        (
            MONEY,
            {"49.0": Decimal("49"), "-0.1234567": Decimal("-0.123457"), "1,5": None, "9" * 13: None, "1d": None, "１２": None},
        ),
        (MONEY, {"1e2": Decimal("100"), "-1.5E-1": Decimal("-0.15"), ".5e1": Decimal("5"), "0e999": Decimal(0), "1e999": None}),
        (MONEY, {"0." + "9" * 60: Decimal(1), "0" * 60 + "1.5": Decimal("1.5"), "1" + "0" * 60 + "e-60": Decimal(1)}),
        (DOUBLE, {"0.5": 0.5, "NaN": None, "Infinity": None, "five": None, "1d": None, "1e400": None}),
        (BOOLEAN, {"true": True, "F": False, "Yes": True, "0": False, "maybe": None}),
        (
            DATE,
            {
                "2026-03-10": date(2026, 3, 10),
                "2026-02-30": None,
                "2026-03": None,
                "2026-03-10T23:00:00-05:00": date(2026, 3, 10),
            },
        ),
        (
            TIMESTAMP,
            {
                "2026-03-10 01:56:01": AT,
                "2026-03-10 01:56:01 UTC": AT,
                "2026-03-10 01:56:01GMT": AT,
                "2026-3-10 1:56:1": AT,
                "2026-03-10 01:56:01.123456": AT.replace(microsecond=123456),
                "2026-03-10 01:56:01.123456789": AT.replace(microsecond=123456),
                "2026-03-10 01:56:01.5 UTC": AT.replace(microsecond=500000),
                "2026-03-10T01:56:01Z": AT,
                "2026-03-10T03:56:01+02:00": AT,
                "2026-03-10 03:56:01 +0200": AT,
                "2026-03-10 03:56:01+02": AT,
                "2026-03-10 02:56:01 Europe/Berlin": AT,
                "2026-03-29 02:30 Europe/Berlin": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
                "2026-10-25 02:30 Europe/Berlin": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
                "2026-03-10": datetime(2026, 3, 10, tzinfo=UTC),
                "9999-12-31 23:59:59.999999": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
                "9999-12-31 23:59:59-01:00": None,
                "10000-01-01": None,
                "0001-01-01 00:00:00": None,
                "2026-13-01 00:00:00": None,
                "2026-03-10 24:00:00": None,
                "2026-03-10 23:59:60": None,
                "2026-03-10 01": None,
                "2026-03-10 01:56:01 EST": None,
                "2026-03-10 01:56:01 IST": None,
                "2026-03-10 01:56:01 GMT+2": None,
                "2026-03-10 01:56:01 Nowhere/City": None,
                "2026-03-10 01:56:01\n": datetime(2026, 3, 10, 1, 56, 1, tzinfo=UTC),
                "12:30:00": None,
                "1:30-02:00": None,
                "2026": None,
                "yesterday": None,
            },
        ),
    ],
    ids=str,
)
def test_text_is_read_as_the_type_or_is_null(spark: SparkSession, to: str, values: dict[str | None, Any]) -> None:
    rows = spark.createDataFrame([(text,) for text in values], "text string")
    value = parsed(stripped(F.col("text")), to)
    # Moments come to Python through a number, whatever the time zone that Python is in.
    seen = F.unix_micros(value) if to == TIMESTAMP else value
    expected = {k: (v - EPOCH) // timedelta(microseconds=1) if to == TIMESTAMP and v else v for k, v in values.items()}
    assert {row.text: row.value for row in rows.select("text", seen.alias("value")).collect()} == expected
