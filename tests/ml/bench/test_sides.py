"""Both sides of the models' benchmark on a few hundred users: the same rows, margins and as good a model."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.bench.rows import compared
from lakehouse.silver import events, users
from libs.store.published import Published
from ml.bench import features, features_peer, labelled, scoring, shop, training
from ml.bench.contest import _margins_compared
from ml.gold import churn_features, churn_labels

pytest.importorskip("xgboost")
pytestmark = pytest.mark.only_native
USERS, ROWS = 1500, 1000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bench") / "lakehouse"
    shop.main(root, USERS)
    features.main(root)
    labelled.main(root, ROWS)
    return root


@pytest.fixture(scope="module")
def model(root: Path) -> Path:
    training.main("process", root, root.parent / "model")
    return root.parent / "model"


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def rows(table: str, parts: Sequence[str]) -> pa.Table:
    declared = {t.short_name: t for t in shop.TABLES}[table]
    return pa.Table.from_batches([batch for part in parts for batch in shop.batches(declared, part)])


def test_facts_are_the_same_whatever_the_parts_that_they_are_generated_in() -> None:
    for table, key in (("events", "event_id"), ("order_items", "order_item_id"), ("users", "user_id")):
        whole = rows(table, ["0-60"])
        assert whole.sort_by(key) == rows(table, ["0-25", "25-60"]).sort_by(key)
        assert len(whole[key].unique()) == whole.num_rows > 20


def test_draws_for_different_things_do_not_hang_together() -> None:
    people = rows("users", ["0-4000"])
    day = [moment.timetuple().tm_yday // 92 for moment in people["created_at"].to_pylist()]
    shares = {}
    for quarter in set(day):
        of_quarter = [g for g, q in zip(people["gender"].to_pylist(), day, strict=True) if q == quarter]
        shares[quarter] = of_quarter.count("F") / len(of_quarter)
    assert len(shares) == 4 and all(0.44 < share < 0.56 for share in shares.values()), shares


def test_some_facts_arrive_after_a_cutoff_that_they_are_before(root: Path) -> None:
    arrivals = Published(str(root)).arrow(events.TABLE.name).to_table(["event_date", "_ingested_at"]).to_pylist()
    days = [cutoff.day for cutoff in shop.cutoffs()]
    late = [a for a in arrivals if any(a["event_date"] < day <= a["_ingested_at"].date() for day in days)]
    assert any(a["_ingested_at"] > shop.HISTORY for a in late)
    assert min(a["_ingested_at"] for a in arrivals) == shop.HISTORY
    assert datetime(2025, 1, 6, tzinfo=UTC).date() == days[0] and len(days) == shop.CUTOFFS
    assert Published(str(root)).row_count(users.TABLE.name) == USERS


def test_duckdb_has_the_same_features(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    features_peer.main(root, tmp_path / "peer.parquet", 1)

    assert printed(capsys)["seconds"] > 0
    table = churn_features.TABLE
    found = compared(table, Published(str(root)).arrow(table.name), tmp_path / "peer.parquet")
    assert found.are_equal and found.ours > USERS, found


def test_as_many_rows_as_asked_for_are_labelled_to_train_on(root: Path) -> None:
    parts = training.read(root)

    assert len(parts.train) == ROWS
    assert len(parts.stop) == len(parts.test) == ROWS * labelled.HELD_OUT
    assert [part.cutoffs[-1] for part in (parts.train, parts.stop, parts.test)] == [c.day for c in shop.cutoffs()[-3:]]
    labels = Published(str(root)).arrow(churn_labels.TABLE.name).to_table()["churned"].to_pylist()
    assert 0.4 < sum(labels) / len(labels) < 0.9


def test_one_process_learns_who_leaves(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training.main("process", root, tmp_path / "model")

    found = printed(capsys)
    assert found["rows"] == ROWS and found["trees"] > 1 and found["seconds"] > 0
    assert 0.65 < found["auc"] < 0.9


@pytest.mark.parametrize("what", ["reasons", "margins"])
def test_the_engine_gives_the_margins_of_one_process(
    what: str, root: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for side in ("process", "native"):
        scoring.main(side, what, root, model, tmp_path / f"{side}.parquet")

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert said[0]["prediction"] < said[0]["seconds"] and said[1]["seconds"] > 0
    count, differing = _margins_compared(tmp_path / "native.parquet", tmp_path / "process.parquet")
    assert differing == 0
    wanted = Published(str(root)).arrow(churn_features.TABLE.name).to_table(["cutoff"])["cutoff"].to_pylist()
    assert count == sum(day >= shop.cutoffs()[-4].day for day in wanted) > 500


@pytest.mark.parametrize(
    ("users_of_peer", "margins_of_peer", "differing"),
    [(["b", "a", "a"], [0.5, 2.0, 1.0], 0), (["b", "a", "a"], [0.5, 2.0, 1.1], 1), (["b", "a", "c"], [0.5, 2.0, 1.0], 3)],
)
def test_margins_are_compared_user_by_user(
    users_of_peer: list[str], margins_of_peer: list[float], differing: int, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"user_id": ["a", "a", "b"], "margin": [1.0, 2.0, 0.5]}), tmp_path / "ours.parquet")
    pq.write_table(pa.table({"user_id": users_of_peer, "margin": margins_of_peer}), tmp_path / "peers.parquet")

    assert _margins_compared(tmp_path / "ours.parquet", tmp_path / "peers.parquet") == (3, differing)
