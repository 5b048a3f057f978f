"""Amounts in other currencies are converted by declared daily rates, or rejected; they are never added up as they came."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_source
from lakehouse.contract.rates import daily, load_rates
from lakehouse.contract.source import Rate
from libs.settings.layers import ConfigError
from libs.settings.project import PROJECT_ROOT

SOURCE = load_source(PROJECT_ROOT / "conf" / "sources" / "product_events.yaml")
YEN, EURO = Decimal("0.0067123456"), Decimal("1.1745678901")
RATES = (
    Rate(day=date(2026, 3, 20), of="JPY", to="USD", rate=YEN),
    Rate(day=date(2026, 3, 20), of="EUR", to="USD", rate=Decimal(1)),
    Rate(day=date(2026, 3, 21), of="EUR", to="USD", rate=EURO),
    Rate(day=date(2026, 3, 21), of="EUR", to="GBP", rate=Decimal(7)),
)
EVENTS = catalogue()["silver.events"].table
# Event, amount, currency, day; and the amount in dollars, or the reason why there is none.
GIVEN: list[tuple[str, str | None, str | None, str, Decimal | str | None]] = [
    ("a", "100", "USD", "2026-03-21", Decimal(100)),
    ("b", "100", None, "2026-03-21", Decimal(100)),
    ("c", "26400", "JPY", "2026-03-21", 26400 * YEN),
    ("d", "10", "eur", "2026-03-21", 10 * EURO),
    ("e", "10", "EUR", "2026-03-28", 10 * EURO),
    ("f", "10", "EUR", "2026-03-29", "no_rate"),
    ("g", "10", "EUR", "2026-03-19", "no_rate"),
    ("h", "10", "GBP", "2026-03-21", "no_rate"),
    ("i", None, "GBP", "2026-03-21", None),
    ("j", "ten", "EUR", "2026-03-21", "bad_amount"),
    ("k", "999999999999.9", "EUR", "2026-03-21", "bad_amount"),
    ("l", "-10", "EUR", "2026-03-21", "negative_amount"),
    ("m", "0.0000015", "EUR", "2026-03-20", Decimal("0.000002")),
]


def test_amounts_are_converted_by_the_rate_of_their_day_or_rejected(spark: SparkSession) -> None:
    rows = [
        (n, "u", "purchase", f"{day} 23:59:59", amount, currency, datetime(2026, 4, 1, tzinfo=UTC))
        for n, amount, currency, day, _ in GIVEN
    ]
    names = "event_id string, user_id string, event_type string, timestamp string, amount string, currency string"
    columns = ", ".join(
        f"{name} string" for name in ("anonymous_id", "device", "country", "product_id", "page", "traffic_source")
    )
    frame = spark.createDataFrame(rows, f"{names}, _ingested_at timestamp")
    for name in (
        *columns.replace(" string", "").split(", "),
        "sequence_number",
        "properties",
        "_extra",
        "_malformed",
        "_source_file",
    ):
        frame = frame.selectExpr("*", f"cast(null as string) as {name}")
    source = SOURCE.model_copy(update={"rates": RATES})
    found = {r.event_id: r for r in conform(frame, source, source.tables["events"].feeds["events"], EVENTS, "key").collect()}

    for name, amount, currency, _, right in GIVEN:
        row = found[f"pe-{name}"]
        if isinstance(right, str):
            assert row._reasons == [right], name
            continue
        cents = None if right is None else right.quantize(Decimal("0.000001"), ROUND_HALF_UP)
        assert (row._reasons, row.amount, row.reported_currency) == ([], cents, currency and currency.upper()), name
        assert row.reported_amount == (None if amount is None else Decimal(amount).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def test_a_rate_holds_until_the_next_and_seven_days_at_most() -> None:
    rates = daily(SOURCE.model_copy(update={"rates": RATES[1:]}))

    assert [rates["EUR", date(2026, 3, day)] for day in (20, 21, 28)] == [Decimal(1), EURO, EURO]
    assert len(rates) == 9


def test_rates_are_read_from_a_file_whose_errors_name_the_line(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("day, from, to, rate\n2026-03-20,JPY,USD,0.0067123456\n\n , ,,\n2026-03-20, JPY,USD ,0.00671234560\n")
    assert load_rates(file) == (RATES[0],)
    assert load_rates(None) == ()
    for line in (
        "2026-03-20,JPY,USD",
        "2026-03-20,JPY,USD,0,0067",
        "20.3.2026,JPY,USD,1",
        "2026-02-29,JPY,USD,1",
        "2026-03-20,yen,USD,1",
        "2026-03-20,JPY,USD,0",
        "2026-03-20,JPY,USD,-1",
        "2026-03-20,JPY,USD,dear",
        "2026-03-20,JPY,USD,NaN",
        "2026-03-20,JPY,USD,1_000",
        "2026-03-20,JPY,USD,0.00671231037",
        "2026-03-20,JPY,USD,123456789",
        '2026-03-20,JPY,"USD,1',
    ):
        file.write_text(f"day,from,to,rate\n2026-03-20,JPY,USD,1\n{line}\n")
        with pytest.raises(ConfigError) as raised:
            load_rates(file)
        told = line.replace('"', "")
        assert str(raised.value).startswith(f"{file}:3: {told} is no rate: write a line as 2026-03-21,JPY,USD,0.0067 (")
        assert "\n" not in str(raised.value)
    file.write_text("date;currency\n")
    with pytest.raises(ConfigError, match=r"rates\.csv:1: its columns are not day,from,to,rate"):
        load_rates(file)
    file.write_text("day,from,to,rate\n2026-03-20,JPY,USD,1\n", encoding="utf-16")
    with pytest.raises(ConfigError, match=r"rates\.csv: it is not in UTF-8"):
        load_rates(file)


def test_two_rates_of_one_day_and_pair_are_refused_and_not_picked_from(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("day,from,to,rate\n2026-03-20,JPY,USD,1\n2026-03-21,JPY,USD,2\n2026-03-20,JPY,USD,1.5\n")
    with pytest.raises(ConfigError, match=r"rates\.csv:4: line 2 has another rate of JPY to USD for 2026-03-20: keep one$"):
        load_rates(file)


def test_a_rate_with_an_exponent_is_the_number_that_it_means(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("day,from,to,rate\n2026-03-20,KWD,USD,1e5\n2026-03-20,VND,USD,3.9E-5\n")
    assert [str(rate.rate) for rate in load_rates(file)] == ["100000", "0.000039"]


def test_a_source_whose_rows_name_currencies_says_what_its_own_is(tmp_path: Path) -> None:
    declared = (PROJECT_ROOT / "conf" / "sources" / "product_events.yaml").read_text()
    file = tmp_path / "s.yaml"
    file.write_text(declared.replace("\ncurrency: USD\n", "\n"))
    with pytest.raises(ConfigError, match=r"s\.yaml:\d+: tables\.events\.feeds\.events\.columns\.reported_currency: declare the"):
        load_source(file)
