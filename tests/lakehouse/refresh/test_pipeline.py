"""All tables together: incremental equals rebuild, every arrival is accounted for, and rejected rows come back."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from random import Random

import duckdb
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.loading import load_source
from lakehouse.funnels.declaration import load_funnels
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.run import Outcome, Run
from libs.settings.project import PROJECT_ROOT
from libs.store.port import Store
from tests.lakehouse.refresh.arrivals import Rows, arrivals, small_product, small_shop, write
from tests.stores import store_at

FUNNELS = load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")
SOURCES = [load_source(PROJECT_ROOT / "conf" / "sources" / f"{name}.yaml") for name in ("thelook", "product_events")]
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return small_shop(tmp_path_factory.mktemp("shop") / "export")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return small_product(tmp_path_factory.mktemp("product") / "export")


def pipeline(store: Store, minutes: int = 0) -> Pipeline:
    moment = MOMENT + timedelta(minutes=minutes)
    run = Run(store, moment, lambda table, rows: None, declarations={"funnels": FUNNELS}, pseudonym_key="key of the test")
    return Pipeline(run, catalogue(), SOURCES, lambda outcome: None)


def passed(store: Store, data: Path, minutes: int, as_of: datetime) -> list[Outcome]:
    """One run over the folders of the sources that are in `data`; where there is none it refreshes what is there."""
    made = pipeline(store, minutes)
    taken = [made.take(source, str(data / source.source)) for source in SOURCES if (data / source.source).exists()]
    return [*chain(*taken), *made.refresh_contracted(), *made.refresh_derived(as_of)]


def tables_of(store: Store) -> Iterator[str]:
    for layer in ("silver", "gold", "quarantine"):
        yield from sorted(f"{layer}.{path.name}" for path in (Path(store.root) / layer).iterdir())


def assert_equal(one: Store, other: Store, name: str) -> None:
    """The same rows, each as often. Compared outside Spark, which would plan a query for each table."""
    tables = {"incremental": one.arrow(name), "rebuilt": other.arrow(name)}
    with duckdb.connect() as connection:
        for side, rows in tables.items():
            connection.register(side, rows)
        columns = ", ".join(f'"{column}"' for column in tables["rebuilt"].schema.names)
        for here, there in (("incremental", "rebuilt"), ("rebuilt", "incremental")):
            query = f"select {columns} from {here} except all select {columns} from {there} limit 3"
            assert connection.sql(query).fetchall() == [], f"{name}: only {here} has these"


@pytest.mark.timeout(1800)
@settings(
    max_examples=int(os.environ.get("LAKEHOUSE_EXAMPLES", "1")),
    deadline=None,
    # A failing example takes minutes: it is not made smaller.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(1, 10_000))
def test_incremental_equals_rebuild_for_every_table(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, shop: Rows, product: Rows, seed: int
) -> None:
    random, data, nothing = Random(seed), tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("nothing")
    incremental = store_at(str(tmp_path_factory.mktemp("incremental")), spark)
    batches = zip(*(arrivals(files, random, batches=2) for files in (shop, product)), strict=True)
    for number, (of_shop, of_product) in enumerate(batches):
        write(data / "thelook", of_shop, number)
        write(data / "product_events", of_product, number)
        looks_from = AS_OF - timedelta(days=random.choice([0, 40, 400])) if number == 0 else AS_OF
        passed(incremental, data, number, looks_from)
        passed(incremental, nothing, number, looks_from)
    rebuilt = store_at(str(tmp_path_factory.mktemp("rebuilt")), spark)
    shutil.copytree(Path(incremental.root) / "bronze", Path(rebuilt.root) / "bronze")
    passed(rebuilt, nothing, 9, AS_OF)
    assert rebuilt.read("silver.events").where("reported_user_id is null and user_id is not null").count() > 0
    assert list(tables_of(incremental)) == list(tables_of(rebuilt))
    for name in tables_of(incremental):
        assert_equal(incremental, rebuilt, name)


@pytest.fixture(scope="module")
def small(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, shop: Rows) -> tuple[Store, Path, list[Outcome]]:
    """A lakehouse whose first arrival lacks a user who has orders, and has an order of unknown status."""
    data, store = tmp_path_factory.mktemp("data"), store_at(str(tmp_path_factory.mktemp("lakehouse")), spark)
    buyer = shop["orders"][0]["user_id"]
    first = shop | {"users": [user for user in shop["users"] if user["id"] != buyer]}
    first["orders"] = [*shop["orders"], shop["orders"][-1] | {"order_id": "900001", "status": "lost"}]
    write(data / "thelook", first, 0)
    return store, data, passed(store, data, 0, AS_OF)


def test_every_arrival_is_new_or_quarantined_or_seen_before(small: tuple[Store, Path, list[Outcome]], shop: Rows) -> None:
    store, _, outcomes = small
    for outcome in outcomes:
        if outcome.table.startswith("silver.") and outcome.rows_in:
            assert outcome.rows_in == outcome.rows_out + outcome.quarantined + outcome.rows_seen_before
    orders = next(o for o in outcomes if o.table == "silver.orders")
    buyer = shop["orders"][0]["user_id"]
    held = sum(order["user_id"] == buyer for order in shop["orders"])
    assert (orders.rows_in, orders.quarantined) == (len(shop["orders"]) + 1, held + 1)
    assert store.read("quarantine.thelook_orders").count() == held + 1


def test_delta_rs_reads_every_table(small: tuple[Store, Path, list[Outcome]]) -> None:
    store = small[0]
    for name in tables_of(store):
        assert len(DeltaTable(store.path(name)).to_pyarrow_table()) == store.read(name).count(), name


def test_an_order_comes_out_of_quarantine_when_its_user_arrives(small: tuple[Store, Path, list[Outcome]], shop: Rows) -> None:
    store, data, _ = small
    buyer = shop["orders"][0]["user_id"]
    write(data / "thelook", {"users": [user for user in shop["users"] if user["id"] == buyer]}, 1)
    passed(store, data, 1, AS_OF)
    assert store.read("silver.orders").count() == len(shop["orders"])
    assert [row.reasons for row in store.read("quarantine.thelook_orders").collect()] == [["unknown_status"]]
    sold = store.read("gold.revenue_daily").agg(F.sum("order_lines")).first()
    assert sold is not None
    assert sold[0] == store.read("silver.order_items").where(F.col("status") != "Cancelled").count()


def test_a_rejected_row_is_quarantined_once(small: tuple[Store, Path, list[Outcome]], shop: Rows) -> None:
    """Also when only what it could refer to arrives, and the arrivals that it came with are not read again."""
    store, data, _ = small
    held = store.row_count("quarantine.thelook_orders")
    write(data / "thelook", {"users": [shop["users"][0] | {"id": "900001", "email": "new@example.com"}]}, 2)
    for number in (2, 3):
        passed(store, data, number, AS_OF)
        assert store.row_count("quarantine.thelook_orders") == held


def test_a_second_run_without_news_changes_nothing(small: tuple[Store, Path, list[Outcome]]) -> None:
    store, data, _ = small
    passed(store, data, 4, AS_OF)
    assert {outcome.mode for outcome in passed(store, data, 5, AS_OF)} == {"unchanged"}


def test_upkeep_is_no_news(small: tuple[Store, Path, list[Outcome]]) -> None:
    """Also when it leaves nothing of what the versions before it changed."""
    store, data, _ = small
    passed(store, data, 6, AS_OF)
    names = [f"bronze.{path.name}" for path in (Path(store.root) / "bronze").iterdir()] + list(tables_of(store))
    kept = [store.keep_up(name, retain_hours=0) for name in names]
    assert sum(table.deleted for table in kept if table.table.startswith("silver.")) > 0
    assert {outcome.table: outcome.mode for outcome in passed(store, data, 7, AS_OF) if outcome.mode != "unchanged"} == {}
