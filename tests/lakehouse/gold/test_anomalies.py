"""Daily metrics with their expected values and ranges; anomalies are marked."""

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from lakehouse.bench.definitions import DEFINITIONS
from lakehouse.gold import active_users_daily, revenue_daily, traffic_source_daily
from lakehouse.gold.anomalies import TABLE, transform
from libs.tables import Slices
from tests.lakehouse.random_rows import Row, at, day, frame, in_order, shown
from tests.lakehouse.recomputed import assert_same_rows
from tests.stores import computed

MONDAY = day("2024-01-01")
SOURCES = {
    "active_users_daily": active_users_daily.TABLE,
    "traffic_source_daily": traffic_source_daily.TABLE,
    "revenue_daily": revenue_daily.TABLE,
}
Rows = Mapping[str, list[Row]]


def judged(spark: SparkSession, rows: Rows, as_of: datetime) -> DataFrame:
    return transform(**{name: frame(spark, table, *rows.get(name, [])) for name, table in SOURCES.items()}, as_of=as_of)


def users(counts: Iterable[int | None], first: date = MONDAY) -> list[Row]:
    """Active users of day after day; none where the day has no row."""
    days = [(first + timedelta(days=n), count) for n, count in enumerate(counts)]
    return [{"activity_date": on, "dau": count} for on, count in days if count is not None]


def usual(days: int) -> list[int | None]:
    """100 users on five days of the week, 40 on the last two."""
    return [100 if n % 7 < 5 else 40 for n in range(days)]


def test_a_day_is_judged_by_its_weekdays_before(spark: SparkSession) -> None:
    counts = usual(70)
    counts[64:70] = [104, 103, 97, 96, 40, 100]
    made = judged(spark, {"active_users_daily": users(counts)}, at("2024-03-11"))
    found = shown(made.where("activity_date >= '2024-03-05'"), *TABLE.column_names[1:])
    assert found == [
        (day("2024-03-05"), 104.0, 100.0, 96.5, 103.5, 4.0, True, 8),
        (day("2024-03-06"), 103.0, 100.0, 96.5, 103.5, 3.0, False, 8),
        (day("2024-03-07"), 97.0, 100.0, 96.5, 103.5, -3.0, False, 8),
        (day("2024-03-08"), 96.0, 100.0, 96.5, 103.5, -4.0, True, 8),
        (day("2024-03-09"), 40.0, 40.0, 36.5, 43.5, 0.0, False, 8),
        (day("2024-03-10"), 100.0, 40.0, 36.5, 43.5, 60.0, True, 8),
    ]


def test_what_is_always_the_same_has_a_narrow_band_and_what_is_always_nothing_has_no_row(spark: SparkSession) -> None:
    known = {"orders": 20, "net_revenue": Decimal(0), "aov": -50.0}
    rows: list[Row] = [{"order_date": MONDAY + timedelta(days=n), **known} for n in range(70)]
    made = judged(spark, {"revenue_daily": rows}, at("2024-03-11")).where("activity_date = '2024-03-10'")
    assert shown(made, "metric", "value", "expected", "lower", "upper", "is_anomaly") == [
        ("aov", -50.0, -50.0, -51.75, -48.25, False),
        ("orders", 20.0, 20.0, 16.5, 23.5, False),
    ]


def test_too_little_to_go_by_is_not_judged_and_a_day_that_is_not_over_has_no_row(spark: SparkSession) -> None:
    made = judged(spark, {"active_users_daily": users(usual(60))}, at("2024-02-12 12:00"))
    by_day = {row[0]: row[1:] for row in shown(made, "activity_date", "expected", "upper", "weekdays_compared")}
    # Four weeks until a weekday is known, two more until the errors are.
    assert by_day[day("2024-01-28")] == (None, None, 3)
    assert by_day[day("2024-01-29")] == (100.0, None, 4)
    assert by_day[day("2024-02-11")] == (40.0, None, 5)
    assert max(by_day) == day("2024-02-11")


def test_a_gap_is_an_anomaly_and_spoils_no_later_day(spark: SparkSession) -> None:
    counts = usual(120)
    counts[70:80] = [None] * 10
    few: list[Row] = [
        {"order_date": MONDAY + timedelta(days=n), "orders": n % 3, "net_revenue": Decimal(n % 3), "aov": 1.0} for n in range(51)
    ]
    made = judged(spark, {"active_users_daily": users(counts), "revenue_daily": few}, at("2024-04-30"))
    of_users = shown(made.where("metric = 'dau'"), "activity_date", "value", "is_anomaly")
    assert len(of_users) == 120
    marked = [(on, value) for on, value, is_anomaly in of_users if is_anomaly]
    assert marked == [(day("2024-03-11") + timedelta(days=n), 0.0) for n in range(10)]
    # One order a day is too few to judge, and rows end eight weeks after the last one.
    of_orders = shown(made.where("metric = 'orders'"), "activity_date", "is_anomaly")
    assert [is_anomaly for _, is_anomaly in of_orders if is_anomaly] == []
    assert of_orders[-1][0] == MONDAY + timedelta(days=50 + 56)


def seasonal(seed: int, planted: Mapping[int, float], gaps: Iterable[int]) -> Rows:
    """300 days of a growing business with a weekly season and noise beyond Poisson's; days with a factor are anomalies."""
    chance = random.Random(seed)
    rows: dict[str, list[Row]] = {name: [] for name in SOURCES}
    for n in set(range(300)) - set(gaps):
        on = MONDAY + timedelta(days=n)
        level = 300 * 1.002**n * (1, 1.05, 1.1, 1.05, 1, 0.6, 0.55)[n % 7] * chance.lognormvariate(0, 0.05) * planted.get(n, 1.0)
        dau, orders = _poisson(chance, level), _poisson(chance, level / 10)
        revenue = Decimal(f"{sum(chance.lognormvariate(4, 0.5) for _ in range(orders)):.2f}")
        rows["active_users_daily"].append({"activity_date": on, "dau": dau})
        for source, share in (("Email", 0.3), ("Search", 0.7)):
            visits = {"sessions": round(dau * 2 * share), "purchases": round(orders * share)}
            rows["traffic_source_daily"].append({"activity_date": on, "traffic_source": source, **visits})
        aov = float(revenue) / orders if orders else None
        rows["revenue_daily"].append({"order_date": on, "orders": orders, "net_revenue": revenue, "aov": aov})
    return rows


def _poisson(chance: random.Random, mean: float) -> int:
    return max(0, round(chance.gauss(mean, mean**0.5)))


def test_planted_days_are_marked_few_others_are_and_another_engine_agrees(spark: SparkSession) -> None:
    planted = {120: 0.5, 145: 1.6, 171: 0.5, 200: 1.6, 224: 0.5, 251: 1.6, 280: 0.5, 299: 1.6}
    rows = seasonal(seed=5, planted=planted, gaps=range(160, 166))
    as_of = at("2024-10-27 12:00")
    made = computed(judged(spark, rows, as_of))
    found = shown(made)
    assert_same_rows(found, recomputed(rows, as_of))
    known = [(row[0], (row[1] - MONDAY).days, row[7]) for row in found if row[6] is not None]
    marks = {(metric, n) for metric, n, is_anomaly in known if is_anomaly}
    assert {("dau", n) for n in planted} <= marks
    assert {("dau", n) for n in range(160, 166)} <= marks
    usual_days = [(metric, n) for metric, n, _ in known if n not in planted and n not in range(160, 166)]
    false_marks = [day for day in usual_days if day in marks]
    assert len(usual_days) > 1300
    assert len(false_marks) <= 0.01 * len(usual_days), false_marks
    _assert_days_need_only_their_lookback(spark, rows, as_of, made)


def _assert_days_need_only_their_lookback(spark: SparkSession, rows: Rows, as_of: datetime, made: DataFrame) -> None:
    assert isinstance(TABLE.refresh, Slices)
    first, last = MONDAY + timedelta(days=230), MONDAY + timedelta(days=240)
    needed = first - timedelta(days=TABLE.refresh.lookback_days)
    part = {name: [r for r in of if needed <= (r.get("activity_date") or r["order_date"]) <= last] for name, of in rows.items()}
    touched = f"activity_date between '{first}' and '{last}'"
    assert shown(judged(spark, part, as_of).where(touched)) == shown(made.where(touched))


def recomputed(rows: Rows, as_of: datetime) -> list[tuple[object, ...]]:
    """The same by the definition in DuckDB."""
    connection = duckdb.connect()
    connection.execute("create table moment as select ?::timestamp as as_of", [as_of.replace(tzinfo=None)])
    for name, of in rows.items():
        arrow = pa.Table.from_pylist([dict(row) for row in of])
        connection.register(f"{name}_arrow", arrow)
        connection.execute(f"create table {name} as from {name}_arrow")
    return in_order(connection.execute(f"select {', '.join(TABLE.column_names)} from ({DEFINITIONS['anomalies']})").fetchall())
