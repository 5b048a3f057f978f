"""Session paths as edges."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold.paths import STEPS, TABLE, transform
from lakehouse.silver import events, sessions
from tests.lakehouse.random_rows import Row, day, event, frame, random_silver, shown

FIRST = day("2024-01-01")


def stepped(session: str, *steps: tuple[str, str]) -> list[Row]:
    """Events of one session at `2024-01-<day and time>`."""
    return [
        event(f"2024-01-{when}", kind, session_id=session, event_id=f"{session} {n:02}") for n, (when, kind) in enumerate(steps)
    ]


def paths(spark: SparkSession, *rows: Row) -> DataFrame:
    """The paths of events, with the sessions that they make."""
    by_session: dict[str, list[Row]] = {}
    for row in rows:
        if row["session_id"] is not None:
            by_session.setdefault(row["session_id"], []).append(row)
    made = [
        {"session_id": s, "started_at": min(r["occurred_at"] for r in of), "ended_at": max(r["occurred_at"] for r in of)}
        for s, of in by_session.items()
    ]
    return transform(frame(spark, sessions.TABLE, *made), frame(spark, events.TABLE, *rows))


def test_repeats_are_one_step_and_each_session_counts_on_the_day_on_which_it_began(spark: SparkSession) -> None:
    found = paths(
        spark,
        *stepped("a", ("01 10:00", "view"), ("01 10:01", "view"), ("01 10:02", "add_to_cart"), ("01 10:03", "view")),
        *stepped("b", ("01 23:59", "view"), ("02 00:01", "add_to_cart")),
        *stepped("c", ("02 08:00", "view")),
        event("2024-01-02 09:00", "purchase", session_id=None),
    )
    assert shown(found) == [
        (FIRST, 1, "(start)", "view", 2),
        (FIRST, 2, "view", "add_to_cart", 2),
        (FIRST, 3, "add_to_cart", "(exit)", 1),
        (FIRST, 3, "add_to_cart", "view", 1),
        (FIRST, 4, "view", "(exit)", 1),
        (FIRST + timedelta(days=1), 1, "(start)", "view", 1),
        (FIRST + timedelta(days=1), 2, "view", "(exit)", 1),
    ]


def test_events_of_one_moment_follow_the_sources_order(spark: SparkSession) -> None:
    moment = {"session_id": "a"}
    found = paths(
        spark,
        event("2024-01-01 10:00", "purchase", sequence_number=2, event_id="1", **moment),
        event("2024-01-01 10:00", "view", sequence_number=1, event_id="2", **moment),
        event("2024-01-01 10:00", "page_view", event_id="3", **moment),
    )
    assert [row[3] for row in shown(found)] == ["page_view", "view", "purchase", "(exit)"]


def test_a_path_that_continues_ends_in_more(spark: SparkSession) -> None:
    turns = [(f"01 10:{n:02}", ("view", "page_view")[n % 2]) for n in range(STEPS + 1)]
    found = paths(
        spark,
        *stepped("too many steps", *turns),
        *stepped("just enough", *turns[:STEPS]),
        *stepped("a day and a minute", ("05 10:00", "view"), ("06 10:01", "purchase")),
        *stepped("a day", ("09 10:00", "view"), ("10 10:00", "purchase")),
    )
    ends = [row for row in shown(found) if row[3] in ("(exit)", "(more)")]
    assert ends == [
        (FIRST, STEPS + 1, "page_view", "(exit)", 1),
        (FIRST, STEPS + 1, "page_view", "(more)", 1),
        (day("2024-01-05"), 2, "view", "(more)", 1),
        (day("2024-01-09"), 3, "purchase", "(exit)", 1),
    ]


def test_events_whose_types_are_called_as_what_is_no_event_are_steps_of_their_own(spark: SparkSession) -> None:
    """Of an export with `(exit)` and `(start)` among its types: no two steps are one, and each path begins and ends once."""
    types = ["(exit)", "((exit))", "(start)", "(others)", "(exit", "(exits)"]
    found = paths(spark, *stepped("a", *[(f"01 10:{n:02}", kind) for n, kind in enumerate(types)]))
    steps = ["(start)", "((exit))", "(((exit)))", "((start))", "((others))", "(exit", "(exits)", "(exit)"]
    expected = [(FIRST, n, before, step, 1) for n, (before, step) in enumerate(pairwise(steps), 1)]
    assert shown(found) == expected
    for rule in TABLE.expectations:
        assert found.where(f"not ({rule.condition})").count() == 0


def test_as_many_sessions_come_to_a_step_as_leave_it(spark: SparkSession) -> None:
    rows = random_silver(seed=3)["events"]
    found = shown(paths(spark, *rows))
    come, leave = Counter[tuple[Any, ...]](), Counter[tuple[Any, ...]]()
    for on, number, source, target, count in found:
        come[on, number, target] += count
        leave[on, number - 1, source] += count
    ended = {node: come.pop(node) for node in list(come) if node[2] in ("(exit)", "(more)")}
    begun = {node: leave.pop(node) for node in list(leave) if node[2] == "(start)"}
    assert come == leave
    assert sum(ended.values()) == sum(begun.values()) == len({row["session_id"] for row in rows} - {None})
