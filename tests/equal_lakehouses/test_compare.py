"""What differs between two lakehouses is found, down to the column."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.equal_lakehouses.compare import differences

ROWS = pa.table({"activity_date": ["2026-01-01", "2026-01-02"], "dau": [1, 2], "stickiness": [0.5, 0.0]})


def lakehouses(tmp_path: Path, one: pa.Table, other: pa.Table) -> list[str]:
    for side, rows in (("one", one), ("other", other)):
        write_deltalake(str(tmp_path / side / "gold" / "active_users_daily"), rows)
    return differences(tmp_path / "one", tmp_path / "other")


def test_equal_rows_in_another_order_are_equal(tmp_path: Path) -> None:
    assert lakehouses(tmp_path, ROWS, ROWS.take([1, 0])) == []


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [("dau", [1, 3], "{'activity_date': '2026-01-02'}: dau: 2 / 3"), ("stickiness", [0.5, -0.0], "stickiness: '0.0' / '-0.0'")],
)
def test_of_rows_with_the_same_key_the_columns_that_differ_are_shown(
    tmp_path: Path, column: str, values: list[float], said: str
) -> None:
    other = ROWS.set_column(ROWS.column_names.index(column), column, pa.array(values, ROWS[column].type))
    found = lakehouses(tmp_path, ROWS, other)
    assert found[0] == "gold.active_users_daily: 1 rows only in one, 1 only in other"
    assert len(found) == 2 and found[1].endswith(said)


def test_a_row_that_is_there_twice_differs_from_one_that_is_there_once(tmp_path: Path) -> None:
    found = lakehouses(tmp_path, ROWS, ROWS.take([0, 1, 1]))
    assert found[0] == "gold.active_users_daily: 0 rows only in one, 1 only in other"
    assert found[1].startswith("    other: ")


def test_other_columns_and_tables_differ(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "one" / "silver" / "users"), ROWS)
    found = lakehouses(tmp_path, ROWS, ROWS.drop_columns(["dau"]))
    assert found == ["silver.users: only in one", "gold.active_users_daily: columns [('dau', 'BIGINT')]"]
