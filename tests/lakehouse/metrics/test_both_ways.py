"""Answers by DuckDB equal Spark's metric views: for every metric, by every dimension and every grain.

Counts and sums are the same to the last digit, quotients and averages but for the last bits of a double: the engines add doubles
up in another order, and none to that of another.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.metrics.answer import Answering, LastRun
from lakehouse.metrics.declaration import View
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.request import Request, checked, sql
from lakehouse.metrics.source import tables_of
from lakehouse.metrics.views import publish_views
from libs.errors import InputError
from libs.settings.config import load_settings
from libs.store.published import Published
from libs.store.spark import SparkStore
from libs.store.spark_state import setting
from libs.tables import Table
from tests.lakehouse.metrics.small_lakehouse import AS_OF, in_columns, make, write
from tests.lakehouse.random_rows import at

pytestmark = pytest.mark.only_spark

METRICS = load_metrics(load_settings({}), catalogue())
READ = sorted({name for view in METRICS.views for name in tables_of(view.source)})
Rows = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Published]:
    """Random rows; no rows; and of each table one row without any value but its time, twice."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("random", "empty", "nulls")}
    make(roots["random"]).close()
    for name in READ:
        table = catalogue()[name].table
        write(roots["empty"], table, [])
        write(roots["nulls"], table, in_columns(table, [_of_nothing(table)] * 2))
    return {name: Published(str(root)) for name, root in roots.items()}


def _of_nothing(table: Table) -> Mapping[str, Any]:
    return {table.event_time: at("2024-01-01 10:00"), "is_mature": True, "is_complete": True}  # type: ignore[dict-item]


@contextmanager
def published(spark: SparkSession, tables: Published) -> Iterator[None]:
    """The views, asked as the Thrift server asks them (conf/cluster.yaml): each query is planned once, which takes the longest."""
    store = SparkStore(tables, spark)
    try:
        store.register(READ)
        publish_views(store, METRICS, catalogue(), AS_OF)
        with setting(spark, "spark.sql.adaptive.enabled", "false"):
            yield
    finally:
        spark.sql("drop schema if exists metrics cascade")
        for name in READ:
            spark.sql(f"drop table if exists {name}")


def test_every_answer_equals_the_metric_views(tables: Mapping[str, Published], spark: SparkSession) -> None:
    asked = 0
    for name, kind in tables.items():
        with published(spark, kind):
            for view in METRICS.views:
                requests = _requests(view, name)
                assert {metric for request in requests for metric in request.metrics} == set(view.metrics)
                found = [_answering(kind).answer(request).rows for request in requests]
                for request, own, others in zip(requests, found, _by_spark(spark, view, requests), strict=True):
                    _assert_same(own, others, f"{name}: {view.name} by {request.by}")
                    assert name != "random" or own, f"{view.name} by {request.by} has no row"
                asked += len(requests)
    assert asked > 120


def test_rows_come_in_the_same_order(tables: Mapping[str, Published], spark: SparkSession) -> None:
    requests = [
        Request(("units_sold", "aov"), ("country", "week"), order="aov"),
        Request(("units_sold", "aov"), ("country", "week"), order="aov", descending=True),
        Request(("returning_users",), ("lifecycle_interval", "day"), order="returning_users", limit=7),
    ]
    with published(spark, tables["random"]):
        for request in requests:
            view = checked(request, METRICS)
            by_spark = spark.sql(sql(request, view)).toArrow().to_pylist()[: request.limit]
            _assert_in_order(_answering(tables["random"]).answer(request).rows, by_spark, str(request))


def _answering(tables: Published) -> Answering:
    return Answering(tables, METRICS, catalogue(), LastRun("last", AS_OF, {}))


def _requests(view: View, kind: str) -> list[Request]:
    """Every metric by every dimension, by every grain, and by neither, where that may be asked.

    Of random rows by both at once too; without rows by one of each kind, as none has a value then.
    """
    names, grains = view.dimension_names, view.grains
    few = slice(1) if kind == "empty" else slice(None)
    groups = [(), *((grain,) for grain in grains[few]), *((name,) for name in names[few])]
    groups += [(name, grains[n % len(grains)]) for n, name in enumerate(names) if kind == "random" and grains]
    requests = {}
    for group in groups:
        by = tuple(dict.fromkeys((*view.each, *group)))
        metrics = tuple(name for name in view.metrics if _can_be_asked(name, by))
        if metrics:
            requests[by] = Request(metrics, by)
    return list(requests.values())


def _can_be_asked(metric: str, by: tuple[str, ...]) -> bool:
    try:
        checked(Request((metric,), by), METRICS)
    except InputError:
        return False
    return True


def _by_spark(spark: SparkSession, view: View, requests: Sequence[Request]) -> list[Rows]:
    """What Spark answers to each: one query for all of a view, as planning each takes longer than the rest."""
    names = [*view.groups, *view.metrics]
    parts = []
    for number, request in enumerate(requests):
        has = {*request.by, *request.metrics}
        columns = ", ".join(f"`{name}`" if name in has else f"null as `{name}`" for name in names)
        parts.append(f"select {number} as request, {columns} from ({sql(request, view)})")
    rows = spark.sql(" union all ".join(parts)).toArrow().to_pylist()
    return [[_only(row, request) for row in rows if row["request"] == number] for number, request in enumerate(requests)]


def _only(row: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    return {name: row[name] for name in (*request.by, *request.metrics)}


def _assert_same(own: Rows, others: Rows, what: str) -> None:
    def key(row: Mapping[str, Any]) -> list[tuple[bool, str]]:
        return [(value is None, str(value)) for value in row.values() if not isinstance(value, float | Decimal)]

    _assert_in_order(sorted(own, key=key), sorted(others, key=key), what)


def _assert_in_order(own: Rows, others: Rows, what: str) -> None:
    different = [(one, other) for one, other in zip(own, others, strict=False) if not _same(one, other)]
    assert not different[:3] and len(own) == len(others), f"{what}: {len(own)} and {len(others)} rows, {different[:3]}"


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return list(one) == list(other) and all(_equal(one[name], other[name]) for name in one)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-14, abs_tol=0.0)
    return type(one) is type(other) and bool(one == other)
