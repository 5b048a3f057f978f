"""theLook and product events in one lakehouse: what was planted is found, ids stay apart, and metrics are of both together."""

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.catalogue.discovery import catalogue
from lakehouse.catalogue.entry import Catalogue
from lakehouse.contract.loading import load_sources
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.run import Outcome, Run
from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.product_export import generate_product_events
from libs.settings.project import PROJECT_ROOT
from libs.store.port import Store
from tests.lakehouse.random_rows import shown
from tests.lakehouse.refresh.arrivals import Rows, small_shop, write
from tests.stores import store_at

SOURCES = dict(load_sources(sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml"))))
TAKEN = {name: table for name, table in SOURCES["thelook"].tables.items() if name in ("users", "events")}
SOURCES["thelook"] = SOURCES["thelook"].model_copy(update={"tables": TAKEN})
MOMENT, AS_OF = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
PLANTED = Parameters(
    users=100, start=date(2025, 7, 1), split_from=date(2025, 11, 1), late=40, duplicates=30, malformed=18, file_format="jsonl"
)
WANTED = ("silver.sessions", "silver.orders", "silver.order_items")


def made_from(*names: str) -> Catalogue:
    """The named tables and all that they are made from."""
    whole, wanted = catalogue(), set(names)
    for name in reversed(list(whole)):
        wanted |= set(whole[name].reads) if name in wanted else set()
    return {name: entry for name, entry in whole.items() if name in wanted}


@dataclass(frozen=True)
class Both:
    """A lakehouse of both sources, what was planted in one and what stood in the files of the other."""

    store: Store
    truth: dict[str, Any]
    shop: Rows
    outcomes: list[dict[str, Outcome]]


@pytest.fixture(scope="module")
def both(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("both")
    truth = generate_product_events(PLANTED, folder / "made")
    shop = small_shop(folder / "shop")
    write(folder / "thelook", shop, 0)
    (folder / "later").mkdir()
    for number, file in enumerate(sorted((folder / "made" / "arrivals").glob("*/*"))):
        shutil.copy(file, folder / "later" / f"product_events-{number}.jsonl")
    store = store_at(str(folder / "lakehouse"), spark)
    runs = [
        {"product_events": folder / "made" / "base", "thelook": folder / "thelook"},
        {"product_events": folder / "later"},
    ]
    outcomes = [_run(store, data, minutes) for minutes, data in enumerate(runs)]
    return Both(store, truth, shop, outcomes)


def _run(store: Store, data: Mapping[str, Path], minutes: int) -> dict[str, Outcome]:
    run = Run(store, MOMENT + timedelta(minutes=minutes), lambda table, rows: None, pseudonym_key="key of the test")
    pipeline = Pipeline(run, made_from(*WANTED), list(SOURCES.values()), lambda outcome: None)
    for name, folder in data.items():
        pipeline.take(SOURCES[name], str(folder))
    return {outcome.table: outcome for outcome in [*pipeline.refresh_contracted(), *pipeline.refresh_derived(AS_OF)]}


def test_every_planted_row_is_accounted_for(both: Both) -> None:
    table = both.truth["tables"]["product_events"]
    rows = [run["silver.events"] for run in both.outcomes]
    thelook = len(both.shop["events"])
    assert sum(r.rows_in for r in rows) == table["rows_written"] + thelook
    assert sum(r.rows_seen_before for r in rows) == table["exact_duplicates"]
    quarantined = both.store.read("quarantine.product_events_events").where("entity = 'events'")
    assert Counter(reasons[0] for (reasons,) in shown(quarantined, "reasons")) == table["malformed"]
    by_source = both.store.read("silver.events").groupBy("source").count()
    assert shown(by_source) == [("product_events", table["valid_unique_rows"]), ("thelook", thelook)]
    assert rows[1].mode == "merge" and rows[1].rows_out > rows[1].rows_in - rows[1].rows_seen_before - rows[1].quarantined


def test_visitors_become_the_planted_users_and_sessions(both: Both) -> None:
    totals = both.truth["totals"]
    events = both.store.read("silver.events").where("source = 'product_events'")
    counted = events.selectExpr("count(user_id)", "count(user_id) - count(reported_user_id)", "count(distinct session_id)")
    assert shown(counted) == [(totals["identified_events"], totals["stitched_events"], totals["sessions"])]
    began = both.store.read("silver.sessions").where("source = 'product_events'").groupBy(F.to_date("started_at"))
    counts = began.agg(F.count("session_id"), F.count("user_id"))
    found = {str(day): (sessions, identified) for day, sessions, identified in shown(counts)}
    days = both.truth["daily"]
    assert found == {d["date"]: (d["sessions"], d["identified_sessions"]) for d in days if d["sessions"]}


def test_active_users_of_both_are_the_sum_of_each_since_ids_stay_apart(both: Both) -> None:
    active = {(e["user_id"], e["created_at"][:10]) for e in both.shop["events"] if e["user_id"]}
    expected = Counter(day for _, day in active) + Counter({d["date"]: d["dau"] for d in both.truth["daily"]})
    activity = both.store.read("silver.session_activity_daily").where("user_id is not null")
    dau = activity.groupBy("activity_date").agg(F.count_distinct("user_id"))
    assert {str(day): users for day, users in shown(dau)} == expected


def test_a_purchase_is_revenue_of_the_user_who_was_stitched(both: Both) -> None:
    lines = both.store.read("silver.order_items").where("source = 'product_events'")
    bought = both.store.read("silver.events").where("source = 'product_events' and event_type = 'purchase'")
    assert shown(lines, "event_id", "user_id", "sale_price") == shown(bought, "event_id", "user_id", "amount")
    assert sum(float(price) for (price,) in shown(lines, "sale_price")) == pytest.approx(both.truth["totals"]["revenue"])
