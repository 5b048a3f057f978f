"""Answers and changes as text."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from lakehouse.catalogue.discovery import catalogue
from lakehouse.metrics.answer import Answer, LastRun
from lakehouse.metrics.change import Change
from lakehouse.metrics.document import metrics_page
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.request import Request
from lakehouse.metrics.shown import chart, number, origin, parts, signed, table
from lakehouse.metrics.tree import Part
from libs.settings.config import load_settings
from libs.store.snapshot import Row
from tests.lakehouse.random_rows import at

METRICS = load_metrics(load_settings({}), catalogue())
REVENUE = METRICS.views_by_metric["net_revenue"]
PERIODS = (date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 2, 1), date(2024, 2, 29))


def answer(*rows: Row) -> Answer:
    request = Request(("net_revenue", "return_rate"), ("country",))
    run = LastRun("last", at("2024-03-01 00:00"), {})
    return Answer(request, REVENUE, rows, "select 1", run, {"silver.users": 3}, [date(2024, 1, 1)] * 5, True)


ROWS = answer(
    {"country": "France", "net_revenue": Decimal("1234.5"), "return_rate": 0.12345},
    {"country": None, "net_revenue": Decimal("-617.25"), "return_rate": None},
    {"country": "ev\x1bil\n", "net_revenue": Decimal(0), "return_rate": 0.0},
)


def test_rows_stand_in_columns_and_control_characters_do_not_reach_the_terminal() -> None:
    assert table(ROWS).splitlines() == [
        "country  net_revenue  return_rate",
        "-------  -----------  -----------",
        "France      1,234.50       12.35%",
        "(none)       -617.25            -",
        "ev�il�          0.00        0.00%",
    ]


def test_bars_of_negative_figures_end_where_positive_ones_begin() -> None:
    title, france, none, *_ = chart(ROWS).splitlines()
    assert title == "Net revenue [currency]"
    assert (france.index("█"), none.index("█")) == (24, 7)
    assert none.rindex("█") < 25 and france.endswith("1,234.50")


def test_the_origin_tells_versions_moment_and_what_is_missing() -> None:
    assert origin(ROWS) == [
        "read: silver.users version 3",
        "cut at 2024-03-01 00:00 UTC, as run last left the tables",
        "in part only: the periods of 2024-01-01, 2024-01-01, 2024-01-01, …",
        "there are more rows than these 3",
    ]


def test_units_are_whole_where_they_are_and_have_decimals_where_they_are_not() -> None:
    units = REVENUE.metrics["units_sold"]
    shown = [number(Decimal(value), units) for value in ("3.000000", "1200", "0.5", "0", "-1.250000", "1000000000000")]
    assert shown == ["3", "1,200", "0.5", "0", "-1.25", "1,000,000,000,000"]
    assert [signed(Fraction(5, 2), units), signed(Fraction(-40), units)] == ["+2.5", "-40"]


def test_figures_are_shown_by_their_format() -> None:
    shown = {name: METRICS.views_by_metric[name].metrics[name] for name in ("orders", "aov", "stickiness", "days_per_user")}
    assert [number(1234, shown["orders"]), number(2.5, shown["aov"]), number(None, shown["orders"])] == ["1,234", "2.50", "-"]
    assert [number(0.5, shown["stickiness"]), number(1.23456, shown["days_per_user"])] == ["50.00%", "1.235"]
    assert signed(Fraction(-21, 10_000), shown["stickiness"]) == "-0.21 points"
    assert signed(Fraction(2), shown["orders"]) == "+2"


def test_the_parts_of_a_change_stand_largest_first() -> None:
    told = [Part("a", "change", Fraction(1, 2)), Part("b", "change", Fraction(-3))]
    change = Change(REVENUE.metrics["net_revenue"], REVENUE, PERIODS, Fraction(10), Fraction(15, 2), told, [])
    assert parts(change).splitlines() == [
        "net_revenue: 10.00 (2024-01-01..2024-01-31) -> 7.50 (2024-02-01..2024-02-29): -2.50",
        "part  effect  of the change",
        "----  ------  -------------",
        "b     change          -3.00",
        "a     change          +0.50",
    ]


def test_the_page_describes_every_metric_and_dimension() -> None:
    page = metrics_page(METRICS)
    for view in METRICS.views:
        assert f"\n## {view.name}\n" in page
        assert all(f"| `{m.name}` | {m.title} |" in page for m in view.measures)
        assert all(f"| `{d.name}` | " in page for d in view.dimensions)
