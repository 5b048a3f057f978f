"""Figures that two ways do not agree on keep their table from being published."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.catalogue.entry import Entry
from lakehouse.funnels.declaration import Funnels
from lakehouse.funnels.entries import entry_actors
from lakehouse.refresh.pipeline import Pipeline, reconciled_of
from lakehouse.refresh.reconciled import reconcile_arrivals
from lakehouse.refresh.run import HeldBack, NotReconciled, Outcome
from libs.store.port import Store
from libs.tables import DATE, Column, Full, Reconciliation, Slices, Table
from tests.lakehouse.refresh.test_derived import BY_DAY, ENTRIES, arrive, by_day, refreshed, rows_of, run_at
from tests.stores import store_at

TWELFTH = datetime(2026, 1, 13, tzinfo=UTC)
CHECK = Reconciliation(
    name="facts",
    meaning="facts of a day = facts",
    by={"day": "day"},
    own="sum(facts)",
    tables=["silver.facts"],
    other="select cast(happened_at as date) as day, count(*) as value from silver.facts group by all",
)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    made = store_at(str(tmp_path), spark)
    arrive(made, {1: ("a", 0), 2: ("a", 30), 3: ("b", 100), 4: ("b", 600)})
    return made


def entries(lost: str = "false") -> Mapping[str, Entry]:
    """The table with its check; its transform overlooks the facts that meet the condition."""

    def overlooking(facts: DataFrame) -> DataFrame:
        return by_day(facts.where(f"not ({lost})"))

    return {**ENTRIES, BY_DAY.name: Entry(replace(BY_DAY, reconciliations=[CHECK]), overlooking)}


def test_figures_that_agree_are_published_and_recorded_with_the_versions_that_were_read(store: Store) -> None:
    run = run_at(store, 12)
    outcome = refreshed(run, BY_DAY.name, entries())
    assert outcome.mode == "full"
    (done,) = outcome.reconciled
    row = done.row("run 1", run.moment)
    # The fourth fact is later than as_of. Of four days with a figure one has none: it is counted with the day after.
    assert row[:8] == ("run 1", "gold.by_day", "facts", 3, 3, 0, True, 5)
    assert row[9:] == ("facts of a day = facts", '{"silver.facts": 0}', run.moment)


def test_of_a_table_refreshed_by_days_the_touched_days_are_compared(store: Store) -> None:
    refreshed(run_at(store, 12), BY_DAY.name, entries())
    arrive(store, {5: ("c", 101)})
    outcome = refreshed(run_at(store, 12), BY_DAY.name, entries())
    assert outcome.mode == "slices"
    (done,) = outcome.reconciled
    assert (int(done.published_value), int(done.recomputed_value), done.figures, done.different) == (2, 2, 2, 0)


def test_figures_that_differ_stop_publication_and_name_the_rows(store: Store) -> None:
    refreshed(run_at(store, 12), BY_DAY.name, entries("fact_id = 5"))
    before = rows_of(store, BY_DAY.name)
    arrive(store, {5: ("c", 101)})
    with pytest.raises(NotReconciled) as refused:
        refreshed(run_at(store, 12), BY_DAY.name, entries("fact_id = 5"))
    assert str(refused.value) == (
        "gold.by_day: facts (facts of a day = facts, recomputed from silver.facts): 1 of 2 figures differ: "
        "day=2026-01-05: 1 here, 2 there"
    )
    assert rows_of(store, BY_DAY.name) == before
    assert [(done.check, done.different) for done in refused.value.reconciled] == [("facts", 1)]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"own": "sum(nothing)"}, r"\[UNRESOLVED_COLUMN|Binder Error: Referenced column \"nothing\" not found"),
        ({"other": "select day, nothing as value from silver.facts"}, 'Binder Error: Referenced column "nothing" not found'),
        ({"other": "select day from"}, "Parser Error: syntax error"),
    ],
)
def test_a_reconciliation_that_cannot_be_evaluated_is_named_in_one_line(
    store: Store, fault: Mapping[str, Any], reason: str
) -> None:
    table = replace(BY_DAY, reconciliations=[replace(CHECK, name="broken", **fault), CHECK])
    with pytest.raises(NotReconciled) as refused:
        refreshed(run_at(store, 12), table.name, {**ENTRIES, table.name: Entry(table, by_day)})
    (line,) = str(refused.value).splitlines()
    assert re.match(rf"gold\.by_day: broken \(facts of a day = facts\) can't be evaluated: ({reason})", line)
    assert [(done.check, done.different) for done in refused.value.reconciled] == [("facts", 0)]


def test_a_table_that_is_not_published_holds_back_those_made_from_it_and_no_other(store: Store) -> None:
    def of_days(by_day: DataFrame) -> DataFrame:
        return by_day.select("day")

    columns = [Column("day", DATE, "day")]
    made_from_it = Table("gold.of_days", "Days", columns=columns, primary_key=["day"], refresh=Full(), sources=[BY_DAY.name])

    def pipeline(lost: str, said: list[Outcome]) -> Pipeline:
        declared = {**entries(lost), made_from_it.name: Entry(made_from_it, of_days)}
        return Pipeline(run_at(store, 12), declared, [], said.append)

    assert [done.different for done in reconciled_of(pipeline("false", []).refresh_derived(TWELFTH))] == [0]
    before = {name: rows_of(store, name) for name in (BY_DAY.name, made_from_it.name)}
    arrive(store, {5: ("c", 101), 6: ("c", 300)})
    said: list[Outcome] = []
    with pytest.raises(HeldBack) as refused:
        pipeline("fact_id = 5", said).refresh_derived(TWELFTH)
    assert sorted(o.table for o in said) == ["gold.by_actor", "gold.by_window"]
    assert [(done.table, done.different) for done in refused.value.reconciled] == [("gold.by_day", 1)]
    first, last = str(refused.value).splitlines()
    assert first.startswith("gold.by_day: facts (")
    assert last == "skipped: depends on gold.by_day: gold.of_days"
    assert {name: rows_of(store, name) for name in before} == before


def test_arrivals_that_bronze_does_not_know_are_reported(store: Store) -> None:
    run = run_at(store, 12)
    outcome = Outcome("silver.orders", "full", rows_in=4, read_after={"silver.facts": -1})
    assert [done.different for done in reconcile_arrivals(run, outcome, [])] == [0]
    with pytest.raises(NotReconciled, match=r"silver.orders: arrivals .*: 5 here, 4 in silver.facts") as refused:
        reconcile_arrivals(run, replace(outcome, rows_in=5), [])
    assert [done.different for done in refused.value.reconciled] == [1]


def test_who_enters_a_funnel_is_told_from_its_declaration() -> None:
    steps = [
        {"name": "seen", "event_type": "it's", "where": "amount > 5 and nvl(device, '') <> 'bot'"},
        {"name": "bought", "event_type": "buy"},
    ]
    funnels = Funnels.model_validate(
        {
            "funnels": [
                {"name": "ordered", "unit": "user", "window": "1d", "steps": steps},
                {"name": "any_order", "unit": "session", "window": "1d", "order": "any", "steps": steps},
            ]
        }
    )
    events = [
        ("u", "v", "s1", "it's", 6, "phone"),
        ("u", "w", "s2", "it's", 7, None),
        (None, "u", "s2", "it's", 7, None),
        ("x", "v", "s3", "it's", 5, None),
        ("x", "v", "s3", "it's", 9, "bot"),
        ("x", "v", "s4", "buy", None, None),
    ]
    with duckdb.connect() as connection:
        connection.execute("create schema silver")
        columns = "user_id varchar, anonymous_id varchar, session_id varchar, event_type varchar, amount int, device varchar"
        connection.execute(f"create table silver.events ({columns}, event_date date default '2026-01-01')")
        connection.executemany("insert into silver.events values (?, ?, ?, ?, ?, ?, default)", events)
        found = connection.execute(f"{entry_actors(funnels)} order by funnel").fetchall()
        assert connection.execute(entry_actors(Funnels(funnels=()))).fetchall() == []
    day = date(2026, 1, 1)
    assert found == [("any_order", day, 3), ("ordered", day, 2)]


def test_every_reconciliation_of_a_table_refreshed_by_days_is_by_its_days() -> None:
    checked = [entry.table for entry in catalogue().values() if entry.table.reconciliations]
    assert len(checked) > 8
    for table in checked:
        for check in table.reconciliations:
            assert not isinstance(table.refresh, Slices) or table.refresh.by in check.by, f"{table.name}: {check.name}"
            names = [c.name for c in table.reconciliations]
            assert len(set(names)) == len(names)
