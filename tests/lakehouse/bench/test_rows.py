from pathlib import Path

import duckdb
import pytest

from lakehouse.bench.rows import Compared, compared
from libs.tables import DOUBLE, LONG, STRING, TIMESTAMP, Column, Full, Table

TABLE = Table(
    name="gold.totals",
    comment="",
    columns=[Column("user_id", STRING, ""), Column("n", LONG, ""), Column("rate", DOUBLE, ""), Column("seen_at", TIMESTAMP, "")],
    primary_key=["user_id"],
    refresh=Full(),
)
SAME = ["('a', 1, 0.5, timestamp '2025-01-01 10:00:00')", "(null, 2, null, null)"]


def _compared(ours: list[str], peers: list[str], folder: Path) -> Compared:
    def rows(values: list[str]) -> duckdb.DuckDBPyRelation:
        return connection.sql(f"select * from (values {', '.join(values)}) as t(user_id, n, rate, seen_at)")

    connection = duckdb.connect()
    rows(peers).write_parquet(str(folder / "peers.parquet"))
    return compared(TABLE, rows(ours).to_arrow_table(), folder / "peers.parquet")


def test_the_same_rows_in_another_order_are_equal_nulls_included(tmp_path: Path) -> None:
    found = _compared(SAME, SAME[::-1], tmp_path)

    assert found == Compared(2, 2, ())
    assert found.are_equal


def test_a_rounding_of_the_last_digit_is_no_difference(tmp_path: Path) -> None:
    a, b = "('a', 1, 0.1 + 0.2::double, null)", "('a', 1, 0.3000000000000001::double, null)"

    assert _compared([a], [b], tmp_path).are_equal


@pytest.mark.parametrize(
    "other",
    [
        "('a', 1, 0.5001, timestamp '2025-01-01 10:00:00')",
        "('a', 1, null, null)",
        "('a', 3, 0.5, timestamp '2025-01-01 10:00:00')",
    ],
)
def test_a_row_that_differs_is_shown_from_both_sides(other: str, tmp_path: Path) -> None:
    found = _compared(SAME, [other, SAME[1]], tmp_path)

    assert not found.are_equal
    assert [text.split(":")[0] for text in found.examples] == ["only here", "only peer"]
    assert "user_id=a, n=1, rate=0.5, seen_at=2025-01-01 10:00:00" in found.examples[0]


def test_a_row_too_often_is_a_difference(tmp_path: Path) -> None:
    found = _compared([SAME[0]], [SAME[0], SAME[0]], tmp_path)

    assert (found.ours, found.peers, found.are_equal) == (1, 2, False)


def test_at_most_three_rows_are_shown(tmp_path: Path) -> None:
    many = [f"('{n}', {n}, 0.5, null)" for n in range(9)]

    assert len(_compared(many, SAME, tmp_path).examples) == 3


def test_only_the_rows_asked_for_are_compared(tmp_path: Path) -> None:
    connection = duckdb.connect()
    values = "select * from (values ('a', 1, 0.5, null), ('b', {}, 0.5, null)) as t(user_id, n, rate, seen_at)"
    connection.sql(values.format(3)).write_parquet(str(tmp_path / "peers.parquet"))
    rows = connection.sql(values.format(2)).to_arrow_table()

    found = [compared(TABLE, rows, tmp_path / "peers.parquet", where=f"user_id = '{user}'") for user in "ab"]

    assert [(one.ours, one.are_equal) for one in found] == [(1, True), (1, False)]
