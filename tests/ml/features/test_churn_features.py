"""Features as they were known: recomputed in plain Python, and not moved by anything that came later."""

import json
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from libs.errors import InputError
from ml.features.cutoffs import Cutoff, for_training, past, present
from ml.features.declaration import Churn
from ml.features.labels import churn_labels
from ml.features.manifest import Manifest
from tests.ml.features import shop
from tests.ml.features.shop import FIRST, START, Row, Shop, moment
from tests.stores import store_at

CHURN = Churn()
DAYS = [START + timedelta(days=n) for n in (70, 100, 140)]
CUTOFFS = [past(day, CHURN) for day in DAYS]
LATER = FIRST + timedelta(days=30)


@pytest.fixture
def made(spark: SparkSession, tmp_path: Path) -> Shop:
    made = Shop(store_at(str(tmp_path), spark))
    made.deliver(shop.random_rows(random.Random(5)))
    return made


def features(made: Shop, cutoffs: Sequence[Cutoff], churn: Churn = CHURN) -> dict[tuple[str, date], Row]:
    rows = Manifest.of(made.store, cutoffs, churn).features(made.store).collect()
    return {(row["user_id"], row["cutoff"]): row.asDict() for row in rows}


@pytest.mark.both_engines
@pytest.mark.parametrize("seed", [1])
def test_features_equal_those_of_plain_python(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    made = Shop(store_at(str(tmp_path), spark))
    made.deliver(shop.random_rows(random.Random(seed)))

    found = features(made, CUTOFFS)

    expected = {
        (u, c.day): {"user_id": u, "cutoff": c.day, **row} for c in CUTOFFS for u, row in shop.features(made.held, c).items()
    }
    assert len(expected) > 10 and found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key] == row, key


def test_what_happens_after_the_cutoff_moves_no_feature(made: Shop) -> None:
    cutoff = CUTOFFS[1]
    before = features(made, [cutoff])
    draw = random.Random(9)
    later = {name: [dict(r) for r in made.held[name].values()] for name in shop.TABLES}
    events = [r for r in later["events"] if r["event_date"] >= cutoff.day]
    lines = [r for r in later["order_items"] if r["sold_at"].date() >= cutoff.day]
    changed = {
        "events": [r | {"event_type": "view", "user_id": "u1", "device": "watch"} for r in events[::3]],
        "order_items": [r | {"sale_price": Decimal("99.5"), "status": "Returned"} for r in lines[::3]],
        "users": [r | {"country": "Chile", "created_at": None} for r in later["users"][::2]],
        "products": [r | {"category": "z"} for r in later["products"]],
    }
    added = shop.random_rows(draw)
    for name, key in (("events", "event_id"), ("order_items", "order_item_id")):
        day = {"events": lambda r: r["event_date"], "order_items": lambda r: r["sold_at"].date()}[name]
        changed[name] += [r | {key: f"new {r[key]}"} for r in added[name] if day(r) >= cutoff.day]
    gone = {"events": [r["event_id"] for r in events[1::3]], "order_items": [r["order_item_id"] for r in lines[1::3]]}

    made.deliver(changed, LATER, gone)

    assert features(made, [cutoff]) == before


def test_a_late_row_counts_from_the_first_cutoff_after_its_arrival(made: Shop) -> None:
    early, late = Cutoff(DAYS[2], LATER), Cutoff(DAYS[2], LATER + timedelta(hours=2))
    before = features(made, [early])
    row = {"event_id": "late", "user_id": "u1", "session_id": "late", "event_type": "view", "device": "watch"}
    day = DAYS[2] - timedelta(days=1)

    made.deliver(
        {"events": [row | {"occurred_at": moment(day, 5), "event_date": day, "product_id": "p0"}]}, LATER + timedelta(hours=1)
    )

    assert features(made, [early]) == before
    found = features(made, [late])
    assert found["u1", DAYS[2]] == shop.features(made.held, late)["u1"] | {"user_id": "u1", "cutoff": DAYS[2]}
    assert found != before and {k: v for k, v in found.items() if k[0] != "u1"} == {
        k: v for k, v in before.items() if k[0] != "u1"
    }


@pytest.mark.both_engines
def test_a_row_that_was_corrected_or_removed_later_counts_as_it_was_known(made: Shop) -> None:
    early, late = Cutoff(DAYS[2], LATER), Cutoff(DAYS[2], LATER + timedelta(days=9))
    before = features(made, [early])
    known = [r for r in made.held["events"].values() if r["user_id"] and r["event_date"] < DAYS[2]]
    lines = [r for r in made.held["order_items"].values() if r["user_id"] and r["sold_at"].date() < DAYS[2]]
    corrected = {
        "events": [r | {"event_type": "add_to_cart", "user_id": "u2"} for r in known[:5]],
        "order_items": [r | {"sale_price": Decimal("77.7")} for r in lines[:5]],
        "users": [r | {"country": "Chile"} for r in made.held["users"].values()],
    }

    made.deliver(corrected, LATER + timedelta(days=1), {"events": [known[5]["event_id"]]})

    assert features(made, [early]) == before
    after = {u: row for (u, _), row in features(made, [late]).items()}
    expected = shop.features(made.held, late)
    assert after.keys() == expected.keys()
    assert after["u2"] == expected["u2"] | {"user_id": "u2", "cutoff": DAYS[2]}
    assert after["u2"]["country"] == "Chile"


def test_the_present_is_computed_as_a_past_cutoff_is(made: Shop) -> None:
    """No skew between what a model is trained on and what it scores."""
    now = present(moment(DAYS[1]), FIRST + timedelta(days=1))
    assert features(made, [now]) == {key: row for key, row in features(made, CUTOFFS).items() if key[1] == DAYS[1]}


def test_a_manifest_computes_the_same_rows_again_when_the_tables_have_changed(made: Shop) -> None:
    manifest = Manifest.of(made.store, CUTOFFS, CHURN)
    before = sorted(map(tuple, manifest.features(made.store).collect()))
    made.deliver(shop.random_rows(random.Random(6)), LATER)

    again = Manifest.unpacked(json.loads(json.dumps(manifest.packed())))

    assert again == manifest
    assert sorted(map(tuple, again.features(made.store).collect())) == before


def test_features_that_are_defined_otherwise_now_are_not_computed_again(made: Shop) -> None:
    other = Manifest.unpacked({**Manifest.of(made.store, CUTOFFS, CHURN).packed(), "definitions": "others"})
    with pytest.raises(InputError, match="features were defined otherwise"):
        other.features(made.store)


def test_labels_equal_those_of_plain_python(made: Shop) -> None:
    manifest = Manifest.of(made.store, CUTOFFS, CHURN)
    judged = manifest.features(made.store)

    rows = churn_labels(judged, manifest.facts(made.store), DAYS, CHURN).collect()

    active = {(r["user_id"], r["event_date"]) for r in made.held["events"].values()}
    active |= {(r["user_id"], r["sold_at"].date()) for r in made.held["order_items"].values() if r["sale_price"] >= 0}
    expected = {
        (row["user_id"], row["cutoff"]): sum((row["user_id"], row["cutoff"] + timedelta(days=n)) in active for n in range(30))
        for row in judged.collect()
    }
    assert {(row["user_id"], row["cutoff"]): row["active_days"] for row in rows} == expected
    assert {row["churned"] for row in rows} == {0, 1} and all(row["churned"] == (row["active_days"] == 0) for row in rows)


def test_cutoffs_end_where_their_horizon_is_over() -> None:
    churn = Churn(cutoffs=4, step_days=20, horizon_days=30)
    found = for_training(moment(date(2025, 12, 31)), churn, date(2025, 1, 1))
    assert [c.day for c in found] == [date(2025, 10, 2), date(2025, 10, 22), date(2025, 11, 11), date(2025, 12, 1)]
    assert all(c.known_before == moment(c.day) for c in found)


def test_data_of_too_short_a_time_are_refused() -> None:
    with pytest.raises(InputError, match="2 of the 3 cutoffs needed"):
        for_training(moment(date(2025, 12, 31)), CHURN, date(2025, 10, 20))
