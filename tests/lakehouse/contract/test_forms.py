"""Numbers and times as sources write them; engines must agree on each."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from lakehouse.contract.date_forms import date_form
from lakehouse.contract.forms import UNREAD, number_text, time_text

pytestmark = pytest.mark.both_engines


def texts(spark: SparkSession, given: list[str | None], into: Column) -> list[str | None]:
    rows = spark.createDataFrame(list(enumerate(given)), "n long, text string").select("n", into.alias("found"))
    return [row.found for row in sorted(rows.collect(), key=lambda row: row.n)]


@pytest.mark.parametrize(
    ("decimal", "thousands", "values"),
    [
        (
            ",",
            ".",
            {
                "1.234,50": "1234.50",
                "-1.234.567": "-1234567",
                "12,5": "12.5",
                ",5": ".5",
                "1234,5": "1234.5",
                "1e3": "1e3",
                "12": "12",
                "1.5": None,
                "1,234.50": None,
                "1.23,5": None,
                "1.234.5": None,
                "12,": "12.",
                "1.234\n": None,
                "x": None,
            },
        ),
        (",", None, {"12,5": "12.5", "1.5": None, "1.234,5": None}),
        (".", ",", {"1,234.5": "1234.5", "12,34,567.8": "1234567.8", "1,2": None, "1234.5": "1234.5"}),
        (",", " ", {"1 234,5": "1234.5", "1\u00a0234\u202f567,5": "1234567.5", "1 2": None}),
        (".", "'", {"1'234.5": "1234.5", "1’234.5": "1234.5"}),
    ],
)
def test_numbers_are_read_in_the_declared_form_alone(
    spark: SparkSession, decimal: str, thousands: str | None, values: dict[str, str | None]
) -> None:
    found = texts(spark, [*values, None], number_text(F.col("text"), decimal, thousands))
    assert found == [UNREAD + text if number is None else number for text, number in values.items()] + [None]


@pytest.mark.parametrize(
    ("forms", "values"),
    [
        (
            ["M/d/yyyy H:mm"],
            {
                "12/1/2010 8:26": "2010-12-01 08:26:00",
                "12/13/2010 18:26": "2010-12-13 18:26:00",
                "13/12/2010 8:26": "13/12/2010 8:26",
                "12/1/2010": "12/1/2010",
                "12/1/2010 8:26\n": "12/1/2010 8:26\n",
                "2010-12-01 08:26:00": "2010-12-01 08:26:00",
                "2/30/2010 0:00": "2010-02-30 00:00:00",
            },
        ),
        (
            ["dd.MM.yyyy[ HH:mm[:ss[.SSS]]]"],
            {
                "01.12.2010": "2010-12-01",
                "01.12.2010 08:26": "2010-12-01 08:26:00",
                "01.12.2010 08:26:05": "2010-12-01 08:26:05",
                "01.12.2010 08:26:05.25": "2010-12-01 08:26:05.25",
                "1.12.2010": "1.12.2010",
                "01.12.2010 24:00": "01.12.2010 24:00",
            },
        ),
        (["dd/MM/yyyy", "yyyyMMdd"], {"03/04/2026": "2026-04-03", "20260403": "2026-04-03", "04/13/2026": "04/13/2026"}),
        (
            ["d MMM yyyy h:mm a"],
            {
                "3 Apr 2026 12:05 am": "2026-04-03 00:05:00",
                "13 DEC 2026 12:05 PM": "2026-12-13 12:05:00",
                "3 apr 2026 1:05 p.m.": "2026-04-03 13:05:00",
                "3 Apr 2026\u202f1:05\u00a0PM": "2026-04-03 13:05:00",
                "3 Mai 2026 1:05 PM": "3 Mai 2026 1:05 PM",
            },
        ),
        (["MMMM d, yyyy"], {"September 3, 2026": "2026-09-03", "Sep 3, 2026": "Sep 3, 2026"}),
        (["dd-MM-yy"], {"03-04-26": "2026-04-03", "03-04-69": "2069-04-03", "03-04-70": "1970-04-03"}),
        (
            ["yyyy-MM-dd'T'HH.mmX"],
            {
                "2026-04-03T10.00Z": "2026-04-03 10:00:00Z",
                "2026-04-03T10.00+02:00": "2026-04-03 10:00:00+02:00",
                "2026-04-03t10.00+0200": "2026-04-03 10:00:00+0200",
            },
        ),
    ],
)
def test_times_are_written_as_iso_by_the_first_form_that_fits_and_others_stay(
    spark: SparkSession, forms: list[str], values: dict[str, str]
) -> None:
    assert texts(spark, [*values, None], time_text(F.col("text"), forms)) == [*values.values(), None]


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("MM/dd", "names no year: yyyy or yy"),
        ("dd/yyyy", "needs the month once"),
        ("MM/dd/yyyy MMM", "needs the month once"),
        ("YYYY-MM-dd", "has YYYY, which is none of yyyy"),
        ("yyyy-MM-DD", "has DD, which is none of"),
        ("yyyy-MM-ddTHH:mm", "has T, which is none of"),
        ("yyyy-MM-dd hh:mm", "hh and a go together"),
        ("yyyy-MM-dd HH", "has an hour and no minutes"),
        ("yyyy-MM-dd mm", "has minutes and no hour"),
        ("yyyy-MM-dd X", "has a zone and no time"),
        ("dd dd.MM.yyyy", "names the day twice"),
        ("dd.MM.yyyy[ HH:mm", "has a [ that is not closed"),
        ("dd.MM.yyyy]", "has a ] without a ["),
    ],
)
def test_a_form_that_is_none_is_refused(form: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        date_form(form)


PYTHONS = {"dd.MM.yyyy HH:mm:ss": "%d.%m.%Y %H:%M:%S", "MM/dd/yy hh:mm a": "%m/%d/%y %I:%M %p", "d MMMM yyyy": "%-d %B %Y"}


@settings(max_examples=30, deadline=None)
@given(
    form=st.sampled_from(sorted(PYTHONS)),
    moments=st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), min_size=1, max_size=50),
)
def test_what_python_writes_comes_back(spark: SparkSession, form: str, moments: list[datetime]) -> None:
    found = texts(spark, [moment.strftime(PYTHONS[form]) for moment in moments], time_text(F.col("text"), [form]))
    exact = {
        "dd.MM.yyyy HH:mm:ss": timedelta(seconds=1),
        "MM/dd/yy hh:mm a": timedelta(minutes=1),
        "d MMMM yyyy": timedelta(days=1),
    }
    floors = [moment - (moment - datetime(1970, 1, 1)) % exact[form] for moment in moments]
    assert found == [f"{floor:%Y-%m-%d}" if "mm" not in form else f"{floor:%Y-%m-%d %H:%M:%S}" for floor in floors]
