"""A table that both engines write, by turns and at once: each goes on where the other stopped."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from libs.locks.lease import lease
from tests.engine_process import EngineProcess
from tests.libs.store import crossing
from tests.libs.store.crossing import CHANGES, LIFE, ROWS_AT_ONCE
from tests.stores import store_at

pytestmark = pytest.mark.only_native

Call = Callable[..., Any]
TURNS = (("native", "spark"), ("spark", "native"))
PATIENCE = 120


@pytest.fixture
def calls(spark: SparkSession, spark_process: EngineProcess) -> dict[str, Call]:
    """How a function is called with each engine's session; the native one is this process's."""
    return {"native": lambda function, *arguments: function(spark, *arguments), "spark": spark_process.call}


@pytest.mark.parametrize("turns", TURNS)
def test_every_write_of_either_engine_is_seen_whole_by_both(
    calls: dict[str, Call], turns: tuple[str, str], tmp_path: Path
) -> None:
    root = str(tmp_path)
    for number, (way, labels) in enumerate(LIFE.items()):
        counts = {kind: [k for k, _ in CHANGES.get(way, [])].count(kind) for kind in ("insert", "update_postimage", "delete")}

        written = calls[turns[number % 2]](crossing.write, root, way)

        native, spark = (calls[engine](crossing.seen, root, max(number - 1, 0)) for engine in ("native", "spark"))
        assert native == spark, way
        assert (native.version, native.state) == (number, {"way": way})
        assert {row[0]: row[2] for row in native.rows} == labels
        assert native.row_count == len(labels)
        assert native.greatest == max(row[1] for row in native.rows)
        if number:
            assert written == (number, *counts.values())
            assert native.changes == sorted((kind, item, number) for kind, item in CHANGES[way])
            assert native.changed == sorted({item for _, item in CHANGES[way]})
        assert native.comments["day"] == "its day [UTC day]"
    assert native.rows == sorted(
        [crossing.row(1, "ONE"), (8, date(2026, 1, 3), *crossing.row(8, "eight")[2:]), crossing.row(9, "nine")]
    )
    both = {engine: calls[engine](crossing.seen, root, 0) for engine in turns}
    assert both["native"] == both["spark"]
    assert len(both["native"].changes) == sum(map(len, CHANGES.values()))


@pytest.mark.parametrize("turns", TURNS)
def test_columns_that_one_engine_adds_are_known_to_the_other(
    calls: dict[str, Call], turns: tuple[str, str], tmp_path: Path
) -> None:
    root, (first, second) = str(tmp_path), turns
    calls[first](crossing.write, root, "overwrite")
    calls[second](crossing.append_wider, root, 7)
    calls[first](crossing.append_wider, root, 8)

    native, spark = (calls[engine](crossing.seen, root, 1) for engine in ("native", "spark"))
    assert native == spark
    assert [(row[0], row[-1]) for row in native.rows] == [(1, None), (2, None), (3, None), (7, 7), (8, 8)]

    calls[second](crossing.overwrite_wider, root, 9)
    native, spark = (calls[engine](crossing.seen, root, 2) for engine in ("native", "spark"))
    assert native == spark
    assert native.comments["size"] == "how large [bytes]"
    assert native.properties["delta.dataSkippingStatsColumns"] == "item_id"
    assert [row[0] for row in native.rows] == [9]


@pytest.mark.parametrize("turns", TURNS)
def test_a_transaction_of_one_engine_is_not_repeated_by_the_other(
    calls: dict[str, Call], turns: tuple[str, str], tmp_path: Path
) -> None:
    root, (first, second) = str(tmp_path), turns
    calls[first](crossing.write, root, "overwrite")

    assert calls[first](crossing.append, root, 4, 4) == (1, 1)
    assert calls[second](crossing.append, root, 4, 4) == (1, 0)
    assert calls[second](crossing.append, root, 5, 5) == (2, 1)
    assert calls[first](crossing.append, root, 5, 5) == (2, 0)
    assert crossing.published_rows(root) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("turns", TURNS)
def test_what_one_engine_keeps_up_the_other_goes_on_with(calls: dict[str, Call], turns: tuple[str, str], tmp_path: Path) -> None:
    root, (first, second) = str(tmp_path), turns
    calls[first](crossing.write, root, "overwrite")
    for item in (4, 5, 6):
        calls[(first, second)[item % 2]](crossing.append, root, item)

    kept = calls[first](crossing.keep_up, root, 168)
    assert (kept.files_after, kept.rows, kept.deleted) == (1, 6, 0)
    assert [calls[engine](crossing.keeps_changes, root, 0) for engine in turns] == [True, True]
    before = calls[second](crossing.seen, root, 0)
    assert before == calls[first](crossing.seen, root, 0)
    assert before.state == {"item": 6}
    assert [change[:2] for change in before.changes] == [("insert", 4), ("insert", 5), ("insert", 6)]

    calls[second](crossing.append, root, 7)
    kept = calls[second](crossing.keep_up, root, 0)
    assert kept.files_after == 1 and kept.deleted >= 5
    version = calls[first](crossing.append, root, 8)[0]
    assert [calls[engine](crossing.keeps_changes, root, 0) for engine in turns] == [False, False]
    assert [calls[engine](crossing.keeps_changes, root, version - 1) for engine in turns] == [True, True]
    native, spark = (calls[engine](crossing.seen, root, version - 1) for engine in ("native", "spark"))
    assert native == spark
    assert [row[0] for row in native.rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert native.changes == [("insert", 8, version)]


@pytest.mark.parametrize("killed", ["native", "spark"])
def test_a_kill_in_a_commit_leaves_a_whole_version_and_the_other_engine_goes_on(
    calls: dict[str, Call], killed: str, tmp_path: Path
) -> None:
    root, table = str(tmp_path / "tables"), tmp_path / "tables" / "silver" / "items"
    other = "native" if killed == "spark" else "spark"
    writer = EngineProcess(killed, tmp_path / "killed")
    for _ in range(10):
        _killed_while_writing(writer, root, table)
        written = calls[other](crossing.many, root)
        assert [count for _, count in written] == [ROWS_AT_ONCE]
        assert calls["native"](crossing.many, root) == written
        if _unpublished(table):
            break
    assert _unpublished(table), "no kill fell between a data file and its commit"

    version = calls[other](crossing.append_many, root)
    assert [calls[engine](crossing.many, root) for engine in ("native", "spark")] == [sorted([*written, ("appended", 1)])] * 2
    assert calls["native"](crossing.append_many, root) == version + 1


def _killed_while_writing(writer: EngineProcess, root: str, table: Path) -> None:
    """Kill the writer as soon as there is a data file that no commit names, once it has made a version or two."""
    known = len(list((table / "_delta_log").glob("*.json")))
    writer.begin(crossing.overwrite_for_ever, root)
    until = time.monotonic() + PATIENCE
    while len(list((table / "_delta_log").glob("*.json"))) < known + 2 or not _unpublished(table):
        assert time.monotonic() < until, "nothing was written"
        time.sleep(0.002)
    writer.kill()


def _unpublished(table: Path) -> set[str]:
    """Data files that no commit names; those that were published are named for good, as nothing was deleted."""
    files = {path.name for path in table.glob("*.parquet")}
    log = "".join(path.read_text() for path in (table / "_delta_log").glob("*.json"))
    return {name for name in files if name not in log}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that what waits for it finds once the test makes it, at its end at the latest."""
    path = tmp_path / "gate"
    yield path
    path.touch()


def _begun(gate: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not Path(f"{gate}.begun").exists():
        assert time.monotonic() < until, "the other engine has not begun"
        time.sleep(0.02)


# What is there when one engine appended item 4 to 1, 2 and 3 while the other was writing item 30 in some way: delta-rs keeps the
# appended row beside its own; Delta for Spark refuses to write what would replace rows that it has not seen.
APPENDED = [1, 2, 3, 4]
AT_ONCE = {
    ("native", "append"): [*APPENDED, 30],
    ("native", "overwrite"): [4, 30],
    ("native", "replace_where"): [1, 3, 4, 30],
    ("spark", "append"): [*APPENDED, 30],
    ("spark", "overwrite"): APPENDED,
    ("spark", "replace_where"): APPENDED,
}


@pytest.mark.parametrize(("slow", "way"), AT_ONCE)
def test_what_is_appended_while_the_other_engine_writes_is_not_lost(
    calls: dict[str, Call], spark_process: EngineProcess, slow: str, way: str, gate: Path, tmp_path: Path
) -> None:
    """Without the lease. The rows that a write replaces are those that were there when it began."""
    root = str(tmp_path)
    calls["native"](crossing.write, root, "overwrite")
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(calls[slow], crossing.write_waiting, root, way, str(gate))
        _begun(gate)
        calls["native" if slow == "spark" else "spark"](crossing.append, root, 4)
        gate.touch()
        if AT_ONCE[slow, way] == APPENDED:
            with pytest.raises(Exception, match="DELTA_CONCURRENT_APPEND"):
                writing.result(PATIENCE)
        else:
            assert writing.result(PATIENCE) == 2

    for engine in ("native", "spark"):
        assert [row[0] for row in calls[engine](crossing.seen, root, 0).rows] == AT_ONCE[slow, way]


@pytest.mark.parametrize("way", ["append", "overwrite", "replace_where"])
def test_a_write_of_a_store_that_was_opened_before_the_other_engine_appended_loses_nothing(
    calls: dict[str, Call], spark: SparkSession, way: str, gate: Path, tmp_path: Path
) -> None:
    root = str(tmp_path)
    calls["native"](crossing.write, root, "overwrite")
    opened = store_at(root, spark)
    assert opened.version(crossing.NAME) == 0
    calls["spark"](crossing.append, root, 4)
    gate.touch()

    crossing.written(opened, way, str(gate))

    assert crossing.published_rows(root) == AT_ONCE["native", way]


def test_with_the_lease_the_second_writer_waits_for_the_other_engine(
    calls: dict[str, Call], spark_process: EngineProcess, gate: Path, tmp_path: Path
) -> None:
    root, said, order = str(tmp_path), list[str](), list[str]()
    calls["native"](crossing.write, root, "overwrite")
    spark_process.begin(crossing.append_with_lease, root, str(gate))
    _begun(gate)

    def second() -> None:
        with lease(tmp_path, "this engine", PATIENCE, said.append):
            order.append(f"second: {crossing.published_rows(root)}")

    waiting = threading.Thread(target=second)
    waiting.start()
    time.sleep(0.5)
    assert (order, len(said)) == ([], 1)
    assert "is in use by the other engine (process " in said[0]
    gate.touch()
    assert spark_process.ended() == 1
    waiting.join(PATIENCE)
    assert order == ["second: [1, 2, 3, 4]"]
