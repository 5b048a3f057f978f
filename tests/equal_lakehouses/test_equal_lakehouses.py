"""Engines that take turns make the lakehouse that one makes alone; `python -m tests.equal_lakehouses` shows more of it, for more."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from libs.store.published import Published
from tests.engine_process import EngineProcess
from tests.equal_lakehouses.arrivals import LAST_AS_OF
from tests.equal_lakehouses.lakehouses import taken_over
from tests.equal_lakehouses.whole import counts, measured, whole_run
from tests.lakehouse.refresh.arrivals import small_product, small_shop, write

# Spark passes whole pipelines, table by table.
pytestmark = [pytest.mark.only_native, pytest.mark.timeout(1500)]

# Two sources in two runs, with late, repeated and malformed rows.
SEED = 6


def test_what_spark_makes_of_a_native_lakehouse_equals_what_native_makes_of_it_and_a_rebuild(
    engines: Mapping[str, EngineProcess], tmp_path: Path
) -> None:
    assert taken_over(SEED, tmp_path, engines) == []

    tables = Published(str(tmp_path / "turns"))
    filled = ["silver.events", "silver.order_items", "gold.funnel_daily", "gold.retention", "quarantine.product_events_events"]
    assert [name for name in filled if not tables.row_count(name)] == [], "compared without rows"


def test_spark_registers_what_native_runs_made_and_renews_its_views(engines: Mapping[str, EngineProcess], tmp_path: Path) -> None:
    write(tmp_path / "product", small_product(tmp_path / "made_product"), 0)
    write(tmp_path / "shop", small_shop(tmp_path / "made_shop"), 0)
    spark, native = engines["spark"], engines["native"]
    earlier = LAST_AS_OF - timedelta(days=200)
    native.call(whole_run, "native", tmp_path, tmp_path / "product", earlier)
    changed, views = spark.call(whole_run, "spark", tmp_path, None, earlier)
    assert changed == [] and "metrics.revenue" in views
    before = spark.call(counts, "quarantine")
    orders = spark.call(measured, "metrics.revenue", "orders")

    changed, views = native.call(whole_run, "native", tmp_path, tmp_path / "shop", LAST_AS_OF)
    assert "quarantine.thelook_orders" in changed and not views
    assert spark.call(counts, "quarantine") == before

    changed, views = spark.call(whole_run, "spark", tmp_path, None, LAST_AS_OF)
    assert changed == [] and "metrics.revenue" in views
    tables = Published(str(tmp_path / "lakehouse"))
    after = spark.call(counts, "quarantine")
    assert after.keys() > before.keys() and "quarantine.thelook_orders" in after
    assert after == {name: tables.row_count(name) for name in after}
    assert spark.call(measured, "metrics.revenue", "orders") > orders
