"""Events of a source that gives sessions: what they do not say of their user, any arrivals tell as a rebuild and plain Python do."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.bronze.ingest import ingest
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.source import Source
from lakehouse.identity import known
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.fed import feeds_in
from lakehouse.refresh.merged import refresh_merged
from lakehouse.refresh.run import Outcome, Run
from tests.lakehouse.random_rows import shown
from tests.stores import store_at

SAID = ("country", "device", "traffic_source")
EVENTS = {"event_id": "id", "user_id": "user", "session_id": "session", "event_type": "type", "occurred_at": "at"}
SOURCE = Source.model_validate(
    {
        "source": "shop",
        "tables": {
            "users": {
                "optional": True,
                "fields": ["user", "at"],
                "optional_fields": ["country", "traffic_source"],
                "feeds": {
                    "users": {
                        "columns": {
                            "user_id": "user",
                            "created_at": "at",
                            "country": "country",
                            "traffic_source": "traffic_source",
                        }
                    }
                },
            },
            "hits": {
                "fields": list(EVENTS.values()),
                "optional_fields": list(SAID),
                "feeds": {"events": {"columns": EVENTS | {name: name for name in SAID}}},
            },
            # Of another program, which says nothing of users.
            "calls": {"optional": True, "fields": list(EVENTS.values()), "feeds": {"events": {"columns": EVENTS}}},
        },
    }
)
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Row = Mapping[str, str]
Batch = Mapping[str, Sequence[Row]]
Said = tuple[str | None, ...]


def hit(event_id: str, minutes: int, user: str | None, **said: str) -> Row:
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    given = {"id": event_id, "user": user, "session": "s", "type": "view", "at": at, **said}
    return {name: value for name, value in given.items() if value is not None}


def person(user: str, **said: str) -> Row:
    return {"user": user, "at": NOON.isoformat(), **said}


class Lakehouse:
    """Takes batches of a shop's files, one after the other, into silver.users and silver.events."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.data, self.store, self.runs = folder / "data", store_at(str(folder / "lakehouse"), spark), 0
        self.data.mkdir(parents=True)

    def take(self, **rows: Sequence[Row]) -> Outcome:
        """One run: what became of events."""
        for name in SOURCE.tables:
            (self.data / f"{name}-{self.runs}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows.get(name, ())))
            ingest(self.store, SOURCE, name, self.data, MOMENT + timedelta(minutes=self.runs))
        self.runs += 1
        return self.refresh()

    def refresh(self) -> Outcome:
        """Bring users and events up to date with what was taken."""
        run, feeds = Run(self.store, MOMENT, lambda table, checked: None), feeds_in(self.store, [SOURCE], catalogue())
        fed = {name: [f for f in feeds if f.entity == name] for name in ("users", "events")}
        with self.store.staging() as staging:
            arrivals = Arrivals(self.store, staging)
            done = {n: refresh_merged(run, catalogue()[f"silver.{n}"], its, catalogue(), arrivals) for n, its in fed.items()}
        return done["events"]

    def said(self) -> dict[str, Said]:
        """Country, device and traffic source of each event."""
        return {event: tuple(said) for event, *said in shown(self.store.read("silver.events"), "event_id", *SAID)}


def test_what_an_event_does_not_say_is_of_the_users_first_event_that_says_it_else_of_the_users_record(
    spark: SparkSession, tmp_path: Path
) -> None:
    lakehouse = Lakehouse(spark, tmp_path)
    lakehouse.take(
        users=[person("ann", country="US", traffic_source="Search"), person("bob", country="IT")],
        hits=[hit("1", 10, "ann"), hit("2", 20, "ann", country="DE", device="web"), hit("3", 0, None, device="app")],
        calls=[hit("4", 5, "ann"), hit("5", 5, "bob"), hit("6", 5, "eve")],
    )
    assert lakehouse.said() == {
        "1": ("DE", "web", "Search"),
        "2": ("DE", "web", "Search"),
        "3": (None, "app", None),
        "4": ("DE", "web", "Search"),
        "5": ("IT", None, None),
        "6": (None, None, None),
    }

    # An earlier event comes late, and records are corrected; nothing else is written again.
    late = lakehouse.take(
        users=[person("eve", country="JP"), person("bob", country="IT")], hits=[hit("7", 1, "ann", country="FR")]
    )
    assert lakehouse.said() == {
        "1": ("FR", "web", "Search"),
        "2": ("DE", "web", "Search"),
        "3": (None, "app", None),
        "4": ("FR", "web", "Search"),
        "5": ("IT", None, None),
        "6": ("JP", None, None),
        "7": ("FR", "web", "Search"),
    }
    assert (late.mode, late.rows_in, late.rows_out) == ("merge", 1, 4)

    # A correction takes the event from ann, and with it what was known by it.
    lakehouse.take(hits=[hit("7", 1, "bob")])
    found = lakehouse.said()
    assert (found["1"], found["4"], found["7"]) == (("DE", "web", "Search"), ("DE", "web", "Search"), ("IT", None, None))


def test_where_every_event_says_all_of_its_user_nothing_is_looked_for(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "with_known", lambda rows: pytest.fail("looked for what is known"))
    lakehouse, all_said = Lakehouse(spark, tmp_path), {"country": "DE", "device": "web", "traffic_source": "Search"}
    lakehouse.take(hits=[hit("1", 0, "ann", **all_said), hit("2", 0, None)])
    lakehouse.take(hits=[hit("3", 0, "ann", **all_said | {"country": "FR"})])
    assert lakehouse.said() == {"1": ("DE", "web", "Search"), "2": (None, None, None), "3": ("FR", "web", "Search")}


def random_batches(chance: Random) -> list[Batch]:
    """Few users and moments; events come in any order, some twice, some corrected by a later batch; records change."""
    batches: list[dict[str, list[Row]]] = [{name: [] for name in SOURCE.tables} for _ in range(3)]
    # Feeds that come later would recompute all.
    batches[0]["users"].append(person("u0"))
    batches[0]["calls"].append(hit("call", 0, "u0"))
    for number in range(40):
        first = chance.randrange(3)
        for at in [first, *([chance.randrange(first, 3)] if chance.random() < 0.2 else [])]:
            batches[at]["hits"].append(_random_hit(chance, str(number), 0.3))
    for number in range(10):
        batches[chance.randrange(3)]["calls"].append(_random_hit(chance, f"call {number}", 0))
    for user in ("u1", "u2", "u3", "u4"):
        for batch in chance.sample(batches, chance.randrange(3)):
            batch["users"].append(person(user, **_random_words(chance, 0.5, ("country", "traffic_source"))))
    return batches  # type: ignore[return-value]


def _random_hit(chance: Random, event_id: str, likely: float) -> Row:
    user = chance.choice([None, "u1", "u2", "u3", "u4"])
    return hit(event_id, chance.randrange(12), user, **_random_words(chance, likely, SAID))


def _random_words(chance: Random, likely: float, names: Sequence[str]) -> dict[str, str]:
    return {name: chance.choice(["a", "b", "c"]) for name in names if chance.random() < likely}


def in_plain_python(batches: Sequence[Batch]) -> dict[str, Said]:
    """What is known of each event, of each the row that came last, and of each user the record that did."""
    events = {row["id"]: row for batch in batches for name in ("hits", "calls") for row in batch[name]}
    record = {row["user"]: row for batch in batches for row in batch["users"]}
    in_order = sorted(events.values(), key=lambda row: (row["at"], row["id"]))

    def known_of(row: Row, name: str) -> str | None:
        user = row.get("user")
        if name in row or user is None:
            return row.get(name)
        first = next((other[name] for other in in_order if other.get("user") == user and name in other), None)
        return first or record.get(user, {}).get(name)

    return {event_id: tuple(known_of(row, name) for name in SAID) for event_id, row in events.items()}


@pytest.mark.timeout(900)
@settings(
    max_examples=int(os.environ.get("LAKEHOUSE_EXAMPLES", "1")),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_any_batches_give_the_rows_of_a_rebuild_and_of_plain_python(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    batches = random_batches(Random(seed))
    incremental, rebuilt = (Lakehouse(spark, tmp_path_factory.mktemp(name)) for name in ("incremental", "rebuilt"))
    for batch in batches:
        incremental.take(**batch)
    shutil.copytree(Path(incremental.store.root) / "bronze", Path(rebuilt.store.root) / "bronze")
    rebuilt.refresh()

    assert incremental.said() == rebuilt.said() == in_plain_python(batches)
    assert shown(incremental.store.read("silver.events")) == shown(rebuilt.store.read("silver.events"))
