import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lakehouse.identity.stitching import ambiguous, arrived, as_given, recomputed, stitched
from lakehouse.silver import events
from tests.lakehouse.identity import identified_slowly
from tests.lakehouse.random_rows import at, frame, shown
from tests.stores import computed

NOON = at("2026-01-01 12:00")
Event = Mapping[str, Any]


def event(event_id: str, minutes: float, user_id: str | None, anonymous_id: str | None = None, **more: Any) -> Event:
    occurred_at = NOON + timedelta(minutes=minutes)
    return {"event_id": event_id, "occurred_at": occurred_at, "user_id": user_id, "anonymous_id": anonymous_id, **more}


def given_rows(spark: SparkSession, *rows: Event) -> DataFrame:
    return as_given(frame(spark, events.TABLE, *rows))


def found(rows: DataFrame) -> dict[str, tuple[str | None, str]]:
    return {event_id: (user, session) for event_id, user, session in shown(rows, "event_id", "user_id", "session_id")}


def test_a_visitor_belongs_to_the_user_from_the_first_event_on(spark: SparkSession) -> None:
    rows = stitched(
        given_rows(
            spark,
            event("1", 0, None, "phone"),
            event("2", 5, "ann", "phone"),
            event("3", 10, None, "phone"),
            event("4", 11, None, "laptop"),
            event("5", 12, "ann", None),
            event("6", 0, None, "shared"),
            event("7", 1, "ann", "shared"),
            event("8", 2, "bob", "shared"),
        )
    )
    assert found(rows) == {
        "1": ("ann", "1"),
        "2": ("ann", "1"),
        "3": ("ann", "1"),
        "4": (None, "4"),
        "5": ("ann", "1"),
        "6": (None, "6"),
        "7": ("ann", "1"),
        "8": ("bob", "8"),
    }
    assert shown(ambiguous(rows), "anonymous_id") == [("shared",)]


def test_thirty_minutes_stay_in_the_session_and_a_microsecond_more_does_not(spark: SparkSession) -> None:
    rows = given_rows(
        spark,
        event("b", 0, "ann"),
        event("a", 30, "ann"),
        event("late", 60 + 1 / 60e6, "ann"),
        event("x", 0, "bob", sequence_number=2),
        event("y", 0, "bob", sequence_number=1),
        event("z", -10, None, "bob"),
    )
    assert found(stitched(rows)) == {
        "b": ("ann", "b"),
        "a": ("ann", "b"),
        "late": ("ann", "late"),
        "x": ("bob", "y"),
        "y": ("bob", "y"),
        "z": (None, "z"),
    }


def test_what_an_event_does_not_say_is_what_the_first_event_of_its_user_says(spark: SparkSession) -> None:
    rows = given_rows(
        spark,
        event("1", 0, None, "phone", device="app"),
        event("2", 5, "ann", "phone", country="DE"),
        event("3", 10, "ann", None, country="FR", device="web"),
        event("4", 15, "ann", None),
        event("5", 0, None, "laptop", country="IT"),
        event("6", 1, None, "laptop"),
    )
    assert shown(stitched(rows), "event_id", "country", "device", "reported_country") == [
        ("1", "DE", "app", None),
        ("2", "DE", "app", "DE"),
        ("3", "FR", "web", "FR"),
        ("4", "DE", "app", None),
        ("5", "IT", None, "IT"),
        ("6", None, None, None),
    ]


def random_events(seed: int, count: int) -> list[dict[str, Any]]:
    """Few users, visitors and moments, so that visitors meet several users and gaps are often exactly 30 minutes."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        user = chance.choice([None, None, "u1", "u2", "u3"])
        visitor = chance.choice([None, *[f"v{n}" for n in range(8)]] if user else [f"v{n}" for n in range(8)])
        minutes = chance.choice([0, 15, 30, 30.01]) + 30 * chance.randrange(40)
        more = {"sequence_number": chance.choice([None, 1, 2]), "country": chance.choice([None, None, None, "DE", "FR"])}
        made.append(dict(event(str(number), minutes, user, visitor, **more)))
    return made


@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_after_any_batches_users_and_sessions_are_those_of_plain_python_over_all(spark: SparkSession, seed: int) -> None:
    chance, first = random.Random(seed), random_events(seed, 120)
    changed = [{**was, **dict(event("", 30 * chance.randrange(40), chance.choice([None, "u1", "u4"]), "v1"))} for was in first]
    corrections = [{**new, "event_id": was["event_id"]} for new, was in zip(changed, first, strict=True)]
    second = chance.sample(corrections, 4) + [{**e, "event_id": f"late {e['event_id']}"} for e in random_events(seed + 1, 6)]

    there = computed(stitched(given_rows(spark, *first)))
    fresh = computed(arrived(there, given_rows(spark, *second), "true"))
    new = computed(recomputed(there, fresh))
    after = there.join(new.select("event_id"), on="event_id", how="left_anti").unionByName(new.select(there.columns))

    whole = list({e["event_id"]: e for e in [*first, *second]}.values())
    assert found(there) == identified_slowly.stitched(first)
    assert found(after) == identified_slowly.stitched(whole)
    assert dict(shown(after, "event_id", "country")) == identified_slowly.countries(whole)


def test_rows_of_untouched_actors_are_not_recomputed(spark: SparkSession) -> None:
    before = [event("1", 0, "ann", "phone"), event("2", 0, "bob", "desk"), event("3", 0, None, "desk"), event("4", 0, None, "x")]
    there = computed(stitched(given_rows(spark, *before)))
    fresh = arrived(there, given_rows(spark, event("5", 5, None, "phone"), event("2", 0, "bob", "desk")), "s.event_id = '5'")
    assert set(found(recomputed(there, fresh))) == {"1", "5"}
