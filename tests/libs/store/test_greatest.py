"""The greatest value of a column is that of its rows, whatever statistics the files come with."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from libs.store.published import Published

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "silver.events"


def written(root: Path, *files: list[datetime | None], statistics: str = "32") -> Published:
    """A table of one file each, with or without statistics of its columns."""
    for times in files:
        rows = pa.table({"occurred_at": pa.array(times, pa.timestamp("us", "UTC"))})
        settings = {"delta.dataSkippingNumIndexedCols": statistics}
        write_deltalake(str(root / "silver" / "events"), rows, mode="append", configuration=settings)
    return Published(str(root))


@pytest.mark.parametrize("statistics", ["32", "0"])
def test_it_is_the_same_with_statistics_and_without(tmp_path: Path, statistics: str) -> None:
    tables = written(tmp_path, [EARLY, None], [LATE], [None], statistics=statistics)
    assert tables.greatest(NAME, "occurred_at") == LATE


def test_a_file_that_another_writer_left_without_statistics_counts(tmp_path: Path) -> None:
    written(tmp_path, [EARLY])
    log = tmp_path / "silver" / "events" / "_delta_log"
    written(tmp_path, [LATE])
    newest = sorted(log.glob("*.json"))[-1]
    newest.write_text(newest.read_text().replace('"maxValues', '"leftOut'))
    assert Published(str(tmp_path)).greatest(NAME, "occurred_at") == LATE


@pytest.mark.parametrize("statistics", ["32", "0"])
def test_a_table_without_a_value_has_none(tmp_path: Path, statistics: str) -> None:
    assert written(tmp_path, [None], [], statistics=statistics).greatest(NAME, "occurred_at") is None


@given(
    files=st.lists(
        st.lists(st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), max_size=4), min_size=1, max_size=3
    )
)
def test_it_is_that_of_the_rows(tmp_path_factory: pytest.TempPathFactory, files: list[list[datetime | None]]) -> None:
    whole = [[None if t is None else t.replace(microsecond=0, tzinfo=UTC) for t in times] for times in files]
    tables = written(tmp_path_factory.mktemp("random"), *whole)
    assert tables.greatest(NAME, "occurred_at") == max((t for times in whole for t in times if t is not None), default=None)
