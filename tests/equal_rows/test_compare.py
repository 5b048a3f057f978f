"""Whatever differs between two engines' rows is found."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.equal_rows.compare import differences

ROWS = pa.table({"day": pa.array([1, 1, 2, 3]), "rate": pa.array([0.5, float("nan"), None, -0.0])})


def compared(folder: Path, other: pa.Table | str | None) -> list[str]:
    """What differs between ROWS and the other engine's rows, or its error."""
    for engine, rows in (("one", ROWS), ("other", other)):
        (folder / engine).mkdir()
        if isinstance(rows, str):
            (folder / engine / "gold.facts.error").write_text(rows)
        elif rows is not None:
            pq.write_table(rows, folder / engine / "gold.facts.parquet")
    return differences(folder, "one", "other")


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 0, 1]])
def test_equal_rows_in_any_order_do_not_differ(tmp_path: Path, order: list[int]) -> None:
    assert compared(tmp_path, ROWS.take(order)) == []


@pytest.mark.parametrize(
    "other",
    [
        ROWS.slice(1),
        pa.concat_tables([ROWS, ROWS.slice(2)]),
        ROWS.set_column(1, "rate", pa.array([0.5, None, None, -0.0])),
        ROWS.set_column(1, "rate", pa.array([0.5000000001, float("nan"), None, -0.0])),
        ROWS.set_column(1, "rate", pa.array([0.5, float("nan"), None, 0.0])),
        ROWS.set_column(0, "day", pa.array([1, 1, 2, 3], pa.int32())),
        ROWS.rename_columns(["days", "rate"]),
        "ValueError: no",
        None,
    ],
    ids=[
        "a row less",
        "a repeated row",
        "null for NaN",
        "a little more",
        "zero for negative zero",
        "another type",
        "another name",
        "an error",
        "no rows",
    ],
)
def test_other_rows_types_and_errors_differ(tmp_path: Path, other: pa.Table | str | None) -> None:
    assert compared(tmp_path, other) != []
