"""Events of a source that leaves users and sessions to us: any arrivals give what a rebuild, and plain Python, give."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.bronze.ingest import ingest
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.loading import load_source
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.fed import feeds_in
from lakehouse.refresh.merged import refresh_merged
from lakehouse.refresh.run import Outcome, Run
from libs.settings.project import PROJECT_ROOT
from tests.lakehouse.identity import identified_slowly
from tests.lakehouse.random_rows import shown
from tests.stores import store_at

SOURCE = load_source(PROJECT_ROOT / "conf" / "sources" / "product_events.yaml")
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Row = Mapping[str, Any]


def row(event_id: str, minutes: float, user_id: str | None, anonymous_id: str | None, **more: Any) -> Row:
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    given = {
        "event_id": event_id,
        "user_id": user_id,
        "anonymous_id": anonymous_id,
        "event_type": "view",
        "timestamp": at,
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


class Lakehouse:
    """Takes batches of product events, one after the other, into silver.events."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.data, self.store, self.runs = folder / "data", store_at(str(folder / "lakehouse"), spark), 0
        self.data.mkdir(parents=True)

    def take(self, *rows: Row) -> Outcome:
        """One run: what became of the table."""
        (self.data / f"product_events-{self.runs}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        ingest(self.store, SOURCE, "events", self.data, MOMENT + timedelta(minutes=self.runs))
        self.runs += 1
        return self.refresh()

    def refresh(self) -> Outcome:
        """Bring users and events up to date with what was taken; what became of events."""
        run = Run(self.store, MOMENT, lambda table, checked: None)
        fed = {
            name: [fed for fed in feeds_in(self.store, [SOURCE], catalogue()) if fed.entity == name]
            for name in ("users", "events")
        }
        with self.store.staging() as staging:
            arrivals = Arrivals(self.store, staging)
            done = {n: refresh_merged(run, catalogue()[f"silver.{n}"], feeds, catalogue(), arrivals) for n, feeds in fed.items()}
        return done["events"]

    def events(self) -> dict[str, tuple[str | None, str]]:
        """User and session of each event, without the prefix of the source's ids."""
        found = shown(self.store.read("silver.events"), "event_id", "user_id", "session_id")
        return {event[3:]: (user and user[3:], session[3:]) for event, user, session in found}


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.rows_in, outcome.quarantined, outcome.rows_seen_before, outcome.rows_out


def test_a_sign_in_that_arrives_late_gives_the_visitor_a_past(spark: SparkSession, tmp_path: Path) -> None:
    lakehouse = Lakehouse(spark, tmp_path)
    odd = row("3", 45, "bob", "desk", event_type="odd one", amount="0")
    first = lakehouse.take(
        row("1", 0, None, "phone"),
        row("2", 40, None, "phone"),
        *[odd, odd],
        row("4", 0, "bob", "shared"),
        row("negative", 0, "ann", None, amount=-1),
        row("nobody", 0, None, None),
        row("next year", 60 * 24 * 400, "ann", None),
        {"event_id": "noon", "user_id": "ann", "event_type": "view", "timestamp": "noon"},
    )
    assert counts(first) == (9, 4, 1, 4)
    assert lakehouse.events() == {"1": (None, "1"), "2": (None, "2"), "3": ("bob", "3"), "4": ("bob", "4")}
    types = shown(lakehouse.store.read("silver.events").where("event_id = 'pe-3'"), "event_type", "source_event_type")
    assert types == [("odd one", "odd one")]

    second = lakehouse.take(row("5", 20, "ann", "phone"), row("6", 1, "ann", "shared"), row("7", 99, None, "shared"))
    bobs = {"3": ("bob", "3"), "4": ("bob", "4")}
    assert lakehouse.events() == {**dict.fromkeys("1256", ("ann", "1")), **bobs, "7": (None, "7")}
    # Three came and two have another user now; bob's rows are not written again.
    assert counts(second) == (3, 0, 0, 5)
    assert second.notes == ["product_events: 1 anonymous ids were seen with several users and stay unstitched"]

    assert counts(lakehouse.take(row("8", 0, None, None), row("9", 0, None, None))) == (2, 2, 0, 0)
    assert lakehouse.refresh().mode == "unchanged"


def test_a_country_that_is_said_to_be_unknown_is_none(spark: SparkSession, tmp_path: Path) -> None:
    """It does not stand for what another event of the user says, nor count as the first that is known."""
    lakehouse = Lakehouse(spark, tmp_path)
    words = {"country": "Unknown", "device": "UNKNOWN ", "traffic_source": "(unknown)"}
    known = {"country": "DE", "device": "unknown phone", "traffic_source": "Email"}
    done = lakehouse.take(row("1", 0, "ann", None, **words), row("2", 5, "ann", None, **known), row("3", 0, "bob", None, **words))

    found = shown(lakehouse.store.read("silver.events"), "event_id", *known)
    expected = tuple(known.values())
    assert found == [("pe-1", *expected), ("pe-2", *expected), ("pe-3", None, None, None)]
    users = shown(lakehouse.store.read("silver.users"), "user_id", "country", "traffic_source")
    assert users == [("pe-ann", "DE", "Email"), ("pe-bob", None, None)]
    assert done.notes == ["2 rows with a word that means no value (such as null or undefined): that value was left empty"]


def random_batches(seed: int) -> list[list[Row]]:
    """Few visitors, users and moments; events come in any order, some twice, some corrected by a later batch."""
    chance, batches = Random(seed), list[list[Row]]([[], []])
    for number in range(60):
        made, first = _random_row(chance, str(number)), chance.randrange(2)
        batches[first].append(made)
        if chance.random() < 0.2:
            again = chance.randrange(first, 2)
            batches[again].append(made if again == first else _random_row(chance, str(number)))
    return batches


def _random_row(chance: Random, event_id: str) -> Row:
    user = chance.choice([None, None, "u1", "u2", "u3"])
    visitors = [f"v{n}" for n in range(6)]
    minutes = chance.choice([0, 15, 30]) + 30 * chance.randrange(30)
    country = chance.choice([None, None, "DE", "FR"])
    return row(event_id, minutes, user, chance.choice([None, *visitors] if user else visitors), country=country)


def users_in_plain_python(batches: Sequence[Sequence[Row]]) -> list[tuple[str, datetime, str | None]]:
    """Each user with the time of the first event ever that named them, and the first country that one of them gave."""
    arrived = [r for batch in batches for r in batch if "user_id" in r]
    in_order = sorted(enumerate(arrived), key=lambda pair: (pair[1]["timestamp"], -pair[0]))
    first: dict[str, datetime] = {}
    country: dict[str, str] = {}
    for _, known in in_order:
        first.setdefault(known["user_id"], datetime.fromisoformat(known["timestamp"]))
        if "country" in known:
            country.setdefault(known["user_id"], known["country"])
    return sorted((f"pe-{user}", at, country.get(user)) for user, at in first.items())


def in_plain_python(batches: Sequence[Sequence[Row]]) -> dict[str, tuple[str | None, str]]:
    """User and session of each event, of each the row that came last."""
    last = {r["event_id"]: r for batch in batches for r in batch}.values()
    empty = {"user_id": None, "anonymous_id": None}
    return identified_slowly.stitched([empty | {**r, "occurred_at": datetime.fromisoformat(r["timestamp"])} for r in last])


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
    batches = random_batches(seed)
    incremental, rebuilt = (Lakehouse(spark, tmp_path_factory.mktemp(name)) for name in ("incremental", "rebuilt"))
    for batch in batches:
        incremental.take(*batch)
    shutil.copytree(Path(incremental.store.root) / "bronze", Path(rebuilt.store.root) / "bronze")
    rebuilt.refresh()

    assert incremental.events() == rebuilt.events() == in_plain_python(batches)
    assert shown(incremental.store.read("silver.events")) == shown(rebuilt.store.read("silver.events"))
    users = shown(incremental.store.read("silver.users"), "user_id", "created_at", "country")
    assert [(user, at.replace(tzinfo=UTC), country) for user, at, country in users] == users_in_plain_python(batches)
    assert shown(incremental.store.read("silver.users")) == shown(rebuilt.store.read("silver.users"))


@pytest.mark.both_engines
@pytest.mark.parametrize("again", [0, 2])
def test_many_arrivals_are_taken_as_few_are(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: int
) -> None:
    """Of many, repeated keys are looked for first; there may be none."""
    rows = [row(str(n), n, "u", None, device=None) for n in range(4)]
    rows += [row("1", 50, "u", None, device="phone"), row("", 1, "u", None)][:again]
    few, many = Lakehouse(spark, tmp_path / "few"), Lakehouse(spark, tmp_path / "many")
    expected = few.take(*rows)
    monkeypatch.setattr("lakehouse.refresh.merging.MANY", 0)

    found = many.take(*rows)

    assert counts(found) == counts(expected) == (len(rows), again // 2, again // 2, 4)
    assert shown(many.store.read("silver.events").drop("_source_file", "_ingested_at")) == shown(
        few.store.read("silver.events").drop("_source_file", "_ingested_at")
    )


@pytest.mark.both_engines
def test_arrivals_that_are_all_rejected_are_counted(spark: SparkSession, tmp_path: Path) -> None:
    shop, store = load_source(PROJECT_ROOT / "conf" / "sources" / "thelook.yaml"), store_at(str(tmp_path / "lakehouse"), spark)
    header = ",".join(shop.tables["users"].fields.values())
    found = []
    for number, (user, created_at) in enumerate([("1", "2025-01-01 10:00:00"), ("2", "soon")]):
        values = [
            "" if name not in ("id", "created_at") else (user if name == "id" else created_at) for name in header.split(",")
        ]
        (tmp_path / f"users-{number}.csv").write_text(f"{header}\n{','.join(values)}\n")
        ingest(store, shop, "users", tmp_path, MOMENT + timedelta(minutes=number))
        feeds = [fed for fed in feeds_in(store, [shop], catalogue()) if fed.entity == "users"]
        run = Run(store, MOMENT, lambda table, checked: None, pseudonym_key="key of the test")
        with store.staging() as staging:
            arrivals = Arrivals(store, staging)
            found.append(counts(refresh_merged(run, catalogue()["silver.users"], feeds, catalogue(), arrivals)))

    assert found == [(1, 0, 0, 1), (1, 1, 0, 0)]
