"""Great Expectations in a process of its own."""

import signal
from collections.abc import Iterator
from concurrent.futures import CancelledError
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from libs.quality.counting import counted
from libs.quality.counts import Counts
from libs.quality.judge_process import NotJudged
from libs.quality.judging import Judging
from libs.quality.results import CheckResult
from libs.tables import LONG, Column, Full, Table, fail, warn
from libs.tables.rules import rules
from tests.libs.store.held import HeldRows

NUMBERS = Table(
    "gold.numbers",
    "",
    [Column("n", LONG, "n", nullable=False)],
    ["n"],
    Full(),
    expectations=[fail("n >= 0"), warn("n < 2", "small")],
)


def counts(*numbers: int | None) -> Counts:
    return counted(NUMBERS, HeldRows(pa.table({"n": pa.array(numbers, pa.int64())})), rules(NUMBERS))


@pytest.fixture
def judging() -> Iterator[Judging]:
    made = Judging("run-1", datetime(2026, 1, 1, tzinfo=UTC))
    yield made
    made.close()


def test_counts_are_judged_in_their_order_and_their_pages_written(judging: Judging, tmp_path: Path) -> None:
    given = {"gold.one": counts(0, 1, 2), "gold.two": counts(-1, None, None)}
    asked = [judging.judge(name, of_table) for name, of_table in given.items()]
    one, two = (judged.result(timeout=120) for judged in asked)

    assert one == [
        CheckResult("gold.one", "n is not null", "fail", True, 3, 0, "declared not nullable"),
        CheckResult("gold.one", "unique (n)", "fail", True, 3, 0, "the primary key"),
        CheckResult("gold.one", "n >= 0", "fail", True, 3, 0),
        CheckResult("gold.one", "n < 2", "warn", False, 3, 1, "small"),
        CheckResult("gold.one", "row count", "warn", True, 3, 0, "counted only"),
    ]
    assert [(r.passed, r.unexpected_count) for r in two] == [(False, 2), (False, 1), (False, 1), (True, 0), (True, 0)]
    judging.write_pages(tmp_path / "docs")
    assert {f"gold.{page.name}" for page in (tmp_path / "docs" / "validations" / "gold").iterdir()} == set(given)


def test_a_process_that_ended_is_reported_with_its_last_line(judging: Judging) -> None:
    judging._process.process.kill()

    with pytest.raises(NotJudged, match="Great Expectations failed: it ended with status -9"):
        judging.judge("gold.one", counts(1)).result(timeout=120)


def test_a_process_that_answered_all_judges_the_next_run_which_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    made, again = (Judging(run, datetime(2026, 1, 1, tzinfo=UTC)) for run in ("run-1", "run-2"))
    assert made._process is not again._process, "two runs at once have a process each"
    for each in (made, again):
        each.judge("gold.one", counts(0)).result(timeout=120)
        each.close()

    later = Judging("run-3", datetime(2026, 1, 2, tzinfo=UTC))
    assert later._process in (made._process, again._process)
    (checked,) = (r for r in later.judge("gold.two", counts(-1)).result(timeout=120) if r.expectation == "n >= 0")
    assert (checked.table, checked.passed, checked.unexpected_count) == ("gold.two", False, 1)
    later.write_pages(tmp_path / "docs")
    assert [page.name for page in (tmp_path / "docs" / "validations" / "gold").iterdir()] == ["two"]
    later.close()


def test_it_ends_at_once_without_answers_that_nobody_reads() -> None:
    made = Judging("run-1", datetime(2026, 1, 1, tzinfo=UTC))
    asked = made.judge("gold.one", counts(1))

    made.close()

    assert made._process.process.returncode == -signal.SIGKILL
    with pytest.raises((NotJudged, CancelledError)):
        asked.result(timeout=0)
