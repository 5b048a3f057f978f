"""Refreshing derived tables by slices: incremental equals rebuild, whatever arrives and from wherever one looks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.catalogue.entry import Entry
from lakehouse.funnels.declaration import Funnels
from lakehouse.refresh import state
from lakehouse.refresh.derived import refresh_derived
from lakehouse.refresh.run import Outcome, Run
from libs.store.conditions import ALWAYS
from libs.store.port import Store
from libs.store.staged import Staged
from libs.tables import DATE, LONG, STRING, TIMESTAMP, Column, Full, Slices, Table, TableError, fail
from tests.stores import store_at

FACTS = Table(
    name="silver.facts",
    comment="What happened",
    columns=[
        Column("fact_id", LONG, "fact"),
        Column("actor_id", STRING, "who"),
        Column("happened_at", TIMESTAMP, "when"),
    ],
    primary_key=["fact_id"],
    refresh=Full(),
    event_time="happened_at",
)
BY_DAY = Table(
    name="gold.by_day",
    comment="Facts of a day and of the day and the one before",
    columns=[
        Column("day", DATE, "day"),
        Column("facts", LONG, "facts"),
        Column("of_two_days", LONG, "facts of two days"),
    ],
    primary_key=["day"],
    sources=["silver.facts"],
    refresh=Slices(by="day", of={"silver.facts": "cast(happened_at as date)"}, lookback_days=1),
)
BY_ACTOR = Table(
    name="gold.by_actor",
    comment="Days on which an actor did something",
    columns=[Column("actor_id", STRING, "who"), Column("day", DATE, "day"), Column("facts", LONG, "facts")],
    primary_key=["actor_id", "day"],
    sources=["silver.facts"],
    refresh=Slices(by="actor_id"),
)
BY_WINDOW = Table(
    name="gold.by_window",
    comment="Facts of a day and of the declared days after it",
    columns=[Column("day", DATE, "day"), Column("facts", LONG, "facts"), Column("with_later", LONG, "facts and later ones")],
    primary_key=["day"],
    sources=["silver.facts"],
    refresh=Slices(
        by="day", of={"silver.facts": "cast(happened_at as date)"}, lookahead_days=lambda funnels: funnels.longest_window_days
    ),
)


def by_day(facts: DataFrame) -> DataFrame:
    days = facts.select("fact_id", F.to_date("happened_at").alias("day"), F.lit(1).alias("own"))
    next_days = days.select("fact_id", F.date_add("day", 1).alias("day"), F.lit(0).alias("own"))
    both = days.unionByName(next_days).groupBy("day")
    return both.agg(F.sum("own").cast("long").alias("facts"), F.count("*").alias("of_two_days"))


def by_actor(facts: DataFrame) -> DataFrame:
    return facts.groupBy("actor_id", F.to_date("happened_at").alias("day")).agg(F.count("*").alias("facts"))


def by_window(facts: DataFrame, funnels: Funnels) -> DataFrame:
    days = facts.select(F.to_date("happened_at").alias("day")).groupBy("day").agg(F.count("*").alias("facts"))
    later = days.select(F.col("day").alias("later"), F.col("facts").alias("more"))
    in_window = F.datediff("later", "day").between(0, funnels.longest_window_days)
    return days.join(later, on=in_window, how="inner").groupBy("day", "facts").agg(F.sum("more").alias("with_later"))


ENTRIES = {
    "silver.facts": Entry(FACTS, None),
    "gold.by_day": Entry(BY_DAY, by_day),
    "gold.by_actor": Entry(BY_ACTOR, by_actor),
    "gold.by_window": Entry(BY_WINDOW, by_window),
}
SLICED = ("gold.by_day", "gold.by_actor", "gold.by_window")
Facts = Mapping[int, tuple[str, int]]


def arrive(store: Store, facts: Facts) -> None:
    """Merge facts, given as id -> (actor, hour), into silver.facts as arrivals would be."""
    first = datetime(2026, 1, 1)
    rows = [(i, actor, first + timedelta(hours=hour)) for i, (actor, hour) in facts.items()]
    frame = store.spark.createDataFrame(rows, FACTS.schema)
    if store.exists(FACTS.name):
        store.merge(FACTS, frame, ALWAYS, {})
    else:
        store.overwrite(FACTS, frame, {})


def funnels_of(window: str) -> Funnels:
    steps = [{"name": "only", "event_type": "view"}]
    return Funnels.model_validate({"funnels": [{"name": "one", "unit": "user", "window": window, "steps": steps}]})


def run_at(
    store: Store, day: int, check: Callable[[Table, Staged], None] = lambda table, staged: None, window: str = "2d"
) -> Run:
    as_of = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return Run(store, datetime(2026, 6, 1, tzinfo=UTC), check, as_of, {"funnels": funnels_of(window)})


def refreshed(run: Run, name: str, entries: Mapping[str, Entry] = ENTRIES) -> Outcome:
    return refresh_derived(run, entries[name], entries)


def rows_of(store: Store, name: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in store.read(name).collect())


FACT_ARRIVALS = st.dictionaries(st.integers(0, 8), st.tuples(st.sampled_from("abc"), st.integers(0, 240)), min_size=1)
STEPS = st.lists(st.tuples(FACT_ARRIVALS, st.integers(1, 12)), min_size=2, max_size=3)


@pytest.mark.timeout(1800)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_incremental_equals_rebuild_after_any_arrivals(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Facts, int]]
) -> None:
    incremental = store_at(str(tmp_path_factory.mktemp("incremental")), spark)
    for facts, day in steps:
        arrive(incremental, facts)
        for name in SLICED:
            refreshed(run_at(incremental, day), name)
    rebuilt = store_at(str(tmp_path_factory.mktemp("rebuilt")), spark)
    rebuilt.overwrite(FACTS, incremental.read(FACTS.name), {})
    for name in SLICED:
        refreshed(run_at(rebuilt, steps[-1][1]), name)
        assert rows_of(incremental, name) == rows_of(rebuilt, name)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    made = store_at(str(tmp_path), spark)
    arrive(made, {1: ("a", 0), 2: ("a", 30), 3: ("b", 100)})
    return made


def test_a_second_run_without_news_writes_nothing(store: Store) -> None:
    refreshed(run_at(store, 12), "gold.by_day")
    version = store.version("gold.by_day")
    assert refreshed(run_at(store, 12), "gold.by_day").mode == "unchanged"
    assert store.version("gold.by_day") == version


def test_only_touched_slices_are_written(store: Store) -> None:
    refreshed(run_at(store, 12), "gold.by_day")
    arrive(store, {4: ("c", 101)})
    outcome = refreshed(run_at(store, 12), "gold.by_day")
    assert (outcome.mode, outcome.rows_out) == ("slices", 2)
    assert (date(2026, 1, 5), 2, 2) in rows_of(store, "gold.by_day")


@pytest.mark.parametrize("name", SLICED)
def test_changes_that_maintenance_deleted_before_they_were_read_compute_the_table_anew(store: Store, name: str) -> None:
    refreshed(run_at(store, 12), name)
    for number in (4, 5):
        arrive(store, {number: ("c", 100 + number)})
    store.keep_up("silver.facts", retain_hours=0)
    assert refreshed(run_at(store, 12), name).mode == "full"
    assert sum(row.facts for row in store.read(name).collect()) == store.read("silver.facts").count()


def test_a_change_touches_the_earlier_slices_whose_window_reaches_it_and_no_others(store: Store) -> None:
    arrive(store, {4: ("a", 80), 5: ("a", 130), 6: ("a", 200)})
    refreshed(run_at(store, 12), "gold.by_window")
    before = rows_of(store, "gold.by_window")
    assert before[1:4] == [(date(2026, 1, 2), 1, 2), (date(2026, 1, 4), 1, 3), (date(2026, 1, 5), 1, 2)]
    arrive(store, {7: ("c", 131)})
    outcome = refreshed(run_at(store, 12), "gold.by_window")
    assert (outcome.mode, outcome.rows_out) == ("slices", 3)
    changed = [(date(2026, 1, 4), 1, 4), (date(2026, 1, 5), 1, 3), (date(2026, 1, 6), 2, 2)]
    assert rows_of(store, "gold.by_window") == [*before[:2], *changed, *before[5:]]


def test_changed_declarations_compute_the_table_anew_and_the_same_ones_do_not(store: Store) -> None:
    refreshed(run_at(store, 12), "gold.by_window")
    assert refreshed(run_at(store, 12, window="48h"), "gold.by_window").mode == "unchanged"
    assert refreshed(run_at(store, 12, window="4d"), "gold.by_window").mode == "full"
    assert rows_of(store, "gold.by_window")[0] == (date(2026, 1, 1), 1, 3)
    assert refreshed(run_at(store, 12, window="4d"), "gold.by_day").mode == "full"
    assert refreshed(run_at(store, 12, window="2d"), "gold.by_day").mode == "unchanged"


def test_rows_that_may_not_be_published_leave_the_old_version(store: Store) -> None:
    def refuse(table: Table, staged: Staged) -> None:
        raise TableError(f"{table.name}: refused")

    refreshed(run_at(store, 12), "gold.by_day")
    before = rows_of(store, "gold.by_day")
    arrive(store, {4: ("c", 101)})
    with pytest.raises(TableError, match="refused"):
        refreshed(run_at(store, 12, refuse), "gold.by_day")
    assert rows_of(store, "gold.by_day") == before


def test_a_transform_that_differs_from_the_declaration_is_refused_with_every_mismatch(store: Store) -> None:
    wrong = Entry(BY_ACTOR, lambda facts: facts.groupBy("actor_id").agg(F.count("*").cast("int").alias("facts")))
    with pytest.raises(TableError) as refused:
        refreshed(run_at(store, 12), "gold.by_actor", {**ENTRIES, "gold.by_actor": wrong})
    assert str(refused.value).splitlines() == [
        "gold.by_actor: column day is missing",
        "gold.by_actor: column facts is int, declared bigint",
    ]


def test_changed_code_computes_the_table_anew(store: Store) -> None:
    refreshed(run_at(store, 12), "gold.by_day")
    changed = {**ENTRIES, "gold.by_day": Entry(BY_DAY, lambda facts: by_day(facts).where("facts > 0"))}
    assert refreshed(run_at(store, 12), "gold.by_day", changed).mode == "full"


def test_a_table_of_an_older_version_is_computed_in_full_and_says_why(store: Store) -> None:
    consumed = {"silver.facts": {"generation": 0, "version": store.version("silver.facts")}}
    older = {"consumed": consumed, "as_of": "2026-01-13T00:00:00+00:00", "code": "of an older version", "generation": 0}
    store.overwrite(BY_DAY, store.spark.createDataFrame([], BY_DAY.schema), older)
    outcome = refreshed(run_at(store, 12), "gold.by_day")
    assert (outcome.mode, outcome.why) == ("full", "its code or declaration changed")
    assert sum(row.facts for row in store.read("gold.by_day").collect()) == 3


def test_a_reworded_description_recomputes_nothing(store: Store) -> None:
    refreshed(run_at(store, 12), "gold.by_day")
    columns = [replace(column, description=f"{column.description}, reworded", unit="a unit") for column in BY_DAY.columns]
    reworded = {**ENTRIES, "gold.by_day": Entry(replace(BY_DAY, comment="Reworded", columns=columns), by_day)}
    assert refreshed(run_at(store, 12), "gold.by_day", reworded).mode == "unchanged"


def test_a_changed_expectation_recomputes_the_table(store: Store) -> None:
    refreshed(run_at(store, 12), "gold.by_day")
    stricter = {**ENTRIES, "gold.by_day": Entry(replace(BY_DAY, expectations=[fail("facts < 100")]), by_day)}
    assert refreshed(run_at(store, 12), "gold.by_day", stricter).mode == "full"


def test_a_new_revision_of_an_engine_recomputes_what_it_made_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SLICED:
        refreshed(run_at(store, 12), name)
    monkeypatch.setattr(state, "REVISIONS", {"native": 1, "spark": 1, "other": 2})
    assert [refreshed(run_at(store, 12), name).mode for name in SLICED] == ["unchanged"] * 3
    monkeypatch.setattr(state, "REVISIONS", {"native": 2, "spark": 2, "other": 2})
    assert [refreshed(run_at(store, 12), name).mode for name in SLICED] == ["full"] * 3
    assert [refreshed(run_at(store, 12), name).mode for name in SLICED] == ["unchanged"] * 3


def test_a_fact_later_than_as_of_counts_once_as_of_has_passed_it(store: Store) -> None:
    refreshed(run_at(store, 2), "gold.by_actor")
    assert rows_of(store, "gold.by_actor") == [("a", date(2026, 1, 1), 1), ("a", date(2026, 1, 2), 1)]
    refreshed(run_at(store, 9), "gold.by_actor")
    assert ("b", date(2026, 1, 5), 1) in rows_of(store, "gold.by_actor")
