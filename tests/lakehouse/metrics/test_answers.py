"""Every published metric equals its recomputation in DuckDB, from the versions that the last run left."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.metrics.answer import Answering, LastRun, last_run
from lakehouse.metrics.change import by_dimension, by_factors, exact
from lakehouse.metrics.declaration import Metrics
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.request import Request
from lakehouse.metrics.views import publish_views
from libs.errors import InputError
from libs.settings.config import load_settings
from libs.store.published import Published
from libs.store.spark import SparkStore
from tests.lakehouse.metrics.metrics_in_sql import SOLD, VIEWS, Recomputed
from tests.lakehouse.metrics.small_lakehouse import AS_OF, NASTY, make
from tests.lakehouse.random_rows import in_order
from tests.lakehouse.recomputed import assert_same_rows

METRICS = load_metrics(load_settings({}), catalogue())
JANUARY, FEBRUARY = (date(2024, 1, 1), date(2024, 1, 31)), (date(2024, 2, 1), date(2024, 2, 20))
Lakehouse = tuple[Answering, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def lakehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    root = tmp_path_factory.mktemp("metrics")
    connection = make(root)
    tables = Published(str(root))
    yield Answering(tables, METRICS, catalogue(), last_run(tables)), connection
    connection.close()


def test_every_metric_is_recomputed() -> None:
    assert {view.view for view in METRICS.views} == set(VIEWS)
    assert all(cases[0].metrics == () for cases in VIEWS.values())


@pytest.mark.parametrize(("view", "case"), [(view, case) for view, cases in VIEWS.items() for case in cases])
def test_metrics_equal_their_recomputation(lakehouse: Lakehouse, view: str, case: Recomputed) -> None:
    answering, connection = lakehouse
    metrics = case.metrics or tuple(next(v for v in METRICS.views if v.view == view).metrics)
    found = answering.answer(Request(metrics, case.by))
    columns = ", ".join(f'"{name}"' for name in (*case.by, *metrics))
    expected = connection.execute(f"select {columns} from ({case.query})").fetchall()
    assert len(expected) > 1
    assert_same_rows(in_order(tuple(row.values()) for row in found.rows), in_order(expected))


def test_an_answer_is_bounded_and_filtered_and_tells_what_it_read(lakehouse: Lakehouse) -> None:
    answering, connection = lakehouse
    request = Request(("net_revenue", "orders"), ("month",), date(2024, 1, 8), None, {"country": (NASTY, "Brasil")})
    answer = answering.answer(request)
    expected = f"""select cast(date_trunc('month', sold_on) as date), sum(kept * sale_price), count(distinct order_id) filter (is_sale)
        from {SOLD} where country in (?, 'Brasil') and sold_on >= '2024-01-08' group by 1 order by 1"""
    assert [tuple(row.values()) for row in answer.rows] == connection.execute(expected, [NASTY]).fetchall()
    assert connection.execute(f"select 1 from {SOLD} where country = ?", [NASTY]).fetchall()
    assert answer.versions == {"silver.order_items": 0, "silver.users": 0, "silver.products": 0}
    assert (answer.run.run_id, answer.run.as_of) == ("last", AS_OF)
    assert answer.partial == [date(2024, 1, 1), date(2024, 3, 1)]
    assert "from metrics.revenue where" in answer.query


def test_rows_are_ordered_and_limited(lakehouse: Lakehouse) -> None:
    answer = lakehouse[0].answer(Request(("net_revenue",), ("category",), order="net_revenue", descending=True, limit=2))
    assert answer.is_cut
    assert [row["net_revenue"] for row in answer.rows] == sorted((row["net_revenue"] for row in answer.rows), reverse=True)


def test_revenue_is_split_into_buyers_their_orders_and_value_to_the_cent(lakehouse: Lakehouse) -> None:
    answering, connection = lakehouse
    names = ("buyers", "orders_per_buyer", "aov")
    change = by_factors(answering, "net_revenue", (JANUARY, FEBRUARY), names, {})
    assert [part.of for part in change.parts] == list(names)
    assert sum(part.amount for part in change.parts) == change.total == change.after - change.before != 0
    query = "select round(sum(kept * sale_price), 2) from lines where sold_on between ? and ?"
    recomputed = [connection.execute(query, list(period)).fetchall() for period in (JANUARY, FEBRUARY)]
    assert [exact(row[0]) for [row] in recomputed] == [change.before, change.after]


def test_a_ratio_is_split_into_mix_and_rate_and_a_sum_by_its_values(lakehouse: Lakehouse) -> None:
    answering, _ = lakehouse
    mixed = by_dimension(answering, "session_conversion", (JANUARY, FEBRUARY), "device", {})
    assert {part.effect for part in mixed.parts} == {"mix", "rate"}
    assert sum(part.amount for part in mixed.parts) == mixed.total
    summed = by_dimension(answering, "events", (JANUARY, FEBRUARY), "device", {"source": ("a",)})
    assert {part.effect for part in summed.parts} == {"change"}
    assert sum(part.amount for part in summed.parts) == summed.total != 0


def test_what_overlaps_is_not_split(lakehouse: Lakehouse) -> None:
    with pytest.raises(InputError, match="active_users does not add up by device: its values sum to"):
        by_dimension(lakehouse[0], "active_users", (JANUARY, FEBRUARY), "device", {})


def test_a_table_that_no_run_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no finished run"):
        last_run(Published(str(tmp_path)))
    without = Answering(Published(str(tmp_path)), METRICS, catalogue(), LastRun("last", AS_OF, {}))
    with pytest.raises(InputError, match=r"metrics\.customers reads gold\.customer_metrics, which is not made"):
        without.answer(Request(("customers",)))


@pytest.mark.only_spark
def test_a_run_publishes_the_views_and_leaves_those_alone_that_did_not_change(lakehouse: Lakehouse, spark: SparkSession) -> None:
    store = SparkStore.at(lakehouse[0].tables.root, spark)
    two = Metrics(tuple(v for v in METRICS.views if v.view in ("audience", "customers")))
    names = ["gold.active_users_daily", "gold.customer_metrics"]
    try:
        for name in names:
            spark.sql(f"drop table if exists {name}")
        store.register(names)
        assert publish_views(store, two, catalogue(), AS_OF) == ["metrics.audience", "metrics.customers"]
        assert publish_views(store, two, catalogue(), AS_OF) == []
        [row] = spark.sql("select measure(customers) as n from metrics.customers").collect()
        assert row["n"] == store.read("gold.customer_metrics").count()
        comments = {r["col_name"]: r["comment"] for r in spark.sql("describe metrics.audience").collect()}
        assert comments["dau"] == "Daily active users: users active on the day [users; owner product]"
        assert comments["day"] == "day (UTC)"
        other = two.views[0].model_copy(update={"comment": "Another"})
        assert publish_views(store, Metrics((other,)), catalogue(), AS_OF) == ["metrics.audience"]
        assert [r["tableName"] for r in spark.sql("show tables in metrics").collect() if not r["isTemporary"]] == ["audience"]
    finally:
        spark.sql("drop schema if exists metrics cascade")
        for name in names:
            spark.sql(f"drop table if exists {name}")
