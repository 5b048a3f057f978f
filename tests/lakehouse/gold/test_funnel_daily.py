"""Funnels by day: every row of random funnels and events, shown rows, and theLook's own files."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lakehouse.funnels.declaration import Funnel, Funnels, load_funnels
from lakehouse.gold.funnel_daily import TABLE, transform
from lakehouse.silver import events as silver_events
from libs.settings.project import PROJECT_ROOT
from tests.lakehouse.funnels.random_funnels import events_of, funnels
from tests.lakehouse.funnels.slowly import Chain, Event, counted, elapsed
from tests.lakehouse.random_rows import at, event, frame, in_order, random_silver, shown
from tests.lakehouse.recomputed import assert_same_rows
from tests.lakehouse.thelook_rows import silver_rows, thelook_in_duckdb
from tests.stores import computed

few_examples = settings(
    max_examples=6,
    deadline=None,
    # An example runs Spark: a failing one is not made smaller.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
random_funnels = st.lists(funnels(breakdowns=("device", "country")) | funnels(), min_size=1, max_size=4)
Rows = list[tuple[Any, ...]]
PURCHASE = {
    "name": "purchase",
    "unit": "user",
    "window": "7d",
    "steps": [
        {"name": "viewed", "event_type": "view"},
        {"name": "in_cart", "event_type": "add_to_cart", "optional": True},
        {"name": "bought", "event_type": "purchase"},
    ],
}


def declared(*funnels: dict[str, Any]) -> Funnels:
    return Funnels.model_validate({"funnels": funnels})


def expected(events: Sequence[Event], as_of: datetime, funnels: Funnels) -> Rows:
    """The table's rows, recomputed from one chain at a time."""
    rows: Rows = []
    for funnel in funnels.funnels:
        groups = defaultdict(list)
        for (_, entry_date), chain in counted(funnel, events).items():
            for breakdown in ("all", *funnel.breakdowns):
                value = "all" if breakdown == "all" else chain.entry.get(breakdown) or "unknown"
                groups[entry_date, breakdown, value].append(chain)
        for group, chains in groups.items():
            rows += [(funnel.name, *group, *facts) for facts in _steps(funnel, group[0], chains, as_of)]
    return in_order(rows)


def _steps(funnel: Funnel, entry_date: date, chains: Sequence[Chain], as_of: datetime) -> Rows:
    rows, before = [], len(chains)
    is_mature = (
        datetime(entry_date.year, entry_date.month, entry_date.day, tzinfo=UTC) + timedelta(days=1) + funnel.window <= as_of
    )
    for number, step in enumerate(funnel.steps):
        seconds = [time / 1e6 for chain in chains if (time := elapsed(chain)[number]) is not None]
        name = f"any {number + 1} of {len(funnel.steps)}" if funnel.order == "any" else step.name
        rates = (len(seconds) / len(chains), len(seconds) / before if before else None) if is_mature else (None, None)
        times = (float(median(seconds)), float(mean(seconds))) if seconds else (None, None)
        rows.append((number + 1, name, len(chains), len(seconds), *rates, *times, is_mature))
        before = before if step.optional else len(seconds)
    return rows


@few_examples
@given(declarations=random_funnels, events=events_of(actors=3), hours=st.integers(24, 24 * 12))
def test_every_row_is_what_one_chain_at_a_time_adds_up_to(
    spark: SparkSession, declarations: list[Funnel], events: list[Event], hours: int
) -> None:
    named = [
        {**f.model_dump(), "window": f"{int(f.window.total_seconds())}s", "name": f"f{n}"} for n, f in enumerate(declarations)
    ]
    as_of = at("2024-01-01 00:00") + timedelta(hours=hours)
    rows = [{**event, "country": event["session_id"]} for event in events]
    made = transform(_silver(spark, rows), as_of, declared(*named))
    assert TABLE.mismatches(made.schema) == []
    assert_same_rows(shown(made), expected(rows, as_of, declared(*named)))


def test_random_silver_has_the_rows_that_one_chain_at_a_time_adds_up_to(spark: SparkSession) -> None:
    events, as_of = random_silver(11)["events"], at("2024-03-01 00:00")
    funnels = load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")
    rows, made = expected(events, as_of, funnels), computed(transform(_silver(spark, events), as_of, funnels))
    assert_same_rows(shown(made), rows)
    assert [e.condition for e in TABLE.expectations if made.where(f"not ({e.condition})").count()] == []
    assert {row[0] for row in rows} == {funnel.name for funnel in funnels.funnels}
    assert sum(row[7] for row in rows if row[5] == "bought") > 0


def _silver(spark: SparkSession, events: Sequence[Event]) -> DataFrame:
    rows = [{**event, "event_date": event["occurred_at"].date()} for event in events]
    return frame(spark, silver_events.TABLE, *rows)


def test_users_and_visitors_with_equal_ids_are_two_actors_and_no_id_is_none(spark: SparkSession) -> None:
    rows = [
        event("2024-01-01 10:00", user_id="1", anonymous_id="v"),
        event("2024-01-01 10:01", "purchase", user_id=None, anonymous_id="1"),
        event("2024-01-01 10:02", user_id=None, anonymous_id="1"),
        event("2024-01-01 10:03", "purchase", user_id="1", anonymous_id="w"),
        event("2024-01-01 10:04", user_id=None, anonymous_id=None),
    ]
    made = transform(frame(spark, silver_events.TABLE, *rows), at("2024-02-01 00:00"), declared(PURCHASE))
    columns = ("step_name", "entrants", "converted", "conversion_from_previous", "median_seconds")
    assert shown(made, *columns) == [
        ("bought", 2, 1, 0.5, 180.0),
        ("in_cart", 2, 0, 0.0, None),
        ("viewed", 2, 2, 1.0, 0.0),
    ]


def test_breakdowns_are_those_of_the_entry_and_a_row_without_the_whole_window_has_no_rate(spark: SparkSession) -> None:
    rows = [
        event("2024-01-01 10:00", user_id="1", device="Chrome"),
        event("2024-01-02 10:00", "purchase", user_id="1", device="Safari"),
        event("2024-01-01 23:59", user_id="2"),
    ]
    funnel = PURCHASE | {"breakdowns": ["device"]}
    columns = ("breakdown", "breakdown_value", "entrants", "converted", "conversion_from_start", "average_seconds", "is_mature")

    def bought(as_of: str) -> Rows:
        made = transform(frame(spark, silver_events.TABLE, *rows), at(as_of), declared(funnel))
        return shown(made.where("step_name = 'bought'"), *columns)

    assert bought("2024-01-09 00:00") == [
        ("all", "all", 2, 1, 0.5, 86400.0, True),
        ("device", "Chrome", 1, 1, 1.0, 86400.0, True),
        ("device", "unknown", 1, 0, 0.0, None, True),
    ]
    assert [row[4:] for row in bought("2024-01-08 23:59")] == [
        (None, 86400.0, False),
        (None, 86400.0, False),
        (None, None, False),
    ]


def test_events_of_one_moment_are_in_the_sources_order_else_in_that_which_goes_furthest(spark: SparkSession) -> None:
    rows = [
        event("2024-01-01 10:00", "purchase", user_id="1", sequence_number=10, event_id="a"),
        event("2024-01-01 10:00", user_id="1", sequence_number=9, event_id="b"),
        event("2024-01-01 10:00", "purchase", user_id="3", sequence_number=1, event_id="a"),
        event("2024-01-01 10:00", user_id="3", sequence_number=2, event_id="b"),
        event("2024-01-01 10:00", "purchase", user_id="2", event_id="a"),
        event("2024-01-01 10:00", user_id="2", event_id="b"),
    ]
    made = transform(frame(spark, silver_events.TABLE, *rows), at("2024-02-01 00:00"), declared(PURCHASE))
    assert shown(made.where("step_name = 'bought'"), "entrants", "converted") == [(3, 2)]


def test_without_funnels_there_are_no_rows(spark: SparkSession) -> None:
    made = transform(_silver(spark, random_silver(1)["events"]), at("2024-03-01 00:00"), Funnels())
    assert TABLE.mismatches(made.schema) == []
    assert made.count() == 0


# Each in DuckDB: `e` has the events with their actor and their place in its order; a step is the first event after another.
PURCHASE_IN_SQL = """
    with e as (select *, coalesce('u' || user_id, 'v' || anonymous_id) as actor,
            row_number() over (order by actor, occurred_at, sequence_number nulls first, event_id) as place from events),
        entry as (select * from e where event_type = 'view'),
        chain as (
            select e.actor, e.occurred_at, e.device, e.country, e.place, c.occurred_at as carted, p.occurred_at as bought,
                x.place < c.place as no_cart, x.place < p.place as no_purchase
            from entry e
            asof left join (select * from e where event_type = 'add_to_cart') c on c.actor = e.actor and c.place > e.place
            asof left join (select * from e where event_type = 'purchase') p on p.actor = e.actor and p.place > c.place
            asof left join (select * from e where event_type = 'cancel') x on x.actor = e.actor and x.place > e.place),
        timed as (
            select *, cast(occurred_at as date) as entry_date,
                case when carted <= occurred_at + interval 7 days and no_cart is not true
                    then epoch_us(carted) - epoch_us(occurred_at) end as c,
                case when bought <= occurred_at + interval 7 days and no_purchase is not true and no_cart is not true
                    then epoch_us(bought) - epoch_us(occurred_at) end as b
            from chain),
        counted as (
            select distinct on (actor, entry_date) *, 'all' as "all" from timed
            order by actor, entry_date, (c is not null)::int + (b is not null)::int desc, place)
    select entry_date, breakdown, coalesce(value, 'unknown') as value, count(*), count(c), count(b),
        median(c) / 1e6, median(b) / 1e6, sum(c) / count(c) / 1e6, sum(b) / count(b) / 1e6
    from (select *, unnest(['all', 'device', 'country']) as breakdown, unnest(['all', device, country]) as value from counted)
    group by all"""
VISIT_IN_SQL = """
    with e as (select *, session_id as actor,
            row_number() over (order by session_id, occurred_at, sequence_number nulls first, event_id) as place
        from events where session_id is not null),
        entry as (
            select distinct on (actor, cast(occurred_at as date)) * from e where event_type = 'page_view'
            order by actor, cast(occurred_at as date), place),
        chain as (
            select cast(e.occurred_at as date) as entry_date, e.occurred_at as began, v.occurred_at as viewed,
                v.place > c.place as too_late, c.occurred_at as carted, p.occurred_at as bought
            from entry e
            asof left join (select * from e where event_type = 'add_to_cart') c on c.actor = e.actor and c.place > e.place
            asof left join (select * from e where event_type = 'view') v on v.actor = e.actor and v.place > e.place
            asof left join (select * from e where event_type = 'purchase') p on p.actor = e.actor and p.place > c.place)
    select entry_date, count(*), count(*) filter (viewed <= began + interval 24 hours and too_late is not true),
        count(*) filter (carted <= began + interval 24 hours), count(*) filter (bought <= began + interval 24 hours)
    from chain group by all"""


@pytest.mark.reference_data
@pytest.mark.usefixtures("compiled")
def test_thelook_has_the_counts_that_another_engine_finds_in_its_files(spark: SparkSession, reference_data: Path) -> None:
    funnels = load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")
    events = silver_rows(spark, reference_data)["events"]
    made = computed(transform(events, at("2027-01-01 00:00"), funnels))
    connection = thelook_in_duckdb(reference_data)

    purchase = made.where("funnel = 'purchase'")
    expected_purchase = connection.execute(PURCHASE_IN_SQL).fetchall()
    assert_same_rows(_side_by_side(purchase, "converted", "median_seconds", "average_seconds"), in_order(expected_purchase))
    visit = made.where("funnel = 'visit_to_purchase' and breakdown = 'all'")
    counts = [(row[0], *row[3:]) for row in _side_by_side(visit, "converted")]
    assert_same_rows(counts, in_order(connection.execute(VISIT_IN_SQL).fetchall()))
    assert sum(row[-1] for row in counts) > 0


def _side_by_side(rows: DataFrame, *columns: str) -> Rows:
    """A row for each day and value, with the columns of each step in turn; times of the entry, always 0, left out."""
    groups: dict[tuple[Any, ...], dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for day_, breakdown, value, step, *facts in shown(
        rows, "entry_date", "breakdown", "breakdown_value", "step_number", *columns
    ):
        for column, fact in zip(columns, facts, strict=True):
            if column == "converted" or step > 1:
                groups[day_, breakdown, value][column].append(fact)
    return in_order((*group, *(fact for column in columns for fact in facts[column])) for group, facts in groups.items())
