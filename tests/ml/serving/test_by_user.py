"""Rows in memory are found by their user, whatever characters the ids have, as plain Python finds them."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.serving.by_user import ByUser

IDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3) | st.sampled_from(["a", "b", "é", "\U0001f600", "\uffff"])


@given(st.lists(st.tuples(st.none() | IDS, st.integers(0, 9))), IDS)
def test_the_rows_of_a_user_are_found_in_their_order(rows: list[tuple[str | None, int]], asked: str) -> None:
    users, ranks = [user for user, _ in rows], [rank for _, rank in rows]
    found = ByUser(pa.table({"user_id": pa.array(users, pa.string()), "rank": pa.array(ranks, pa.int32())}), ["rank"])
    for user in {asked, *(user for user in users if user is not None)}:
        assert found.of(user) == [{"rank": rank} for rank in sorted(rank for other, rank in rows if other == user)]
    assert len(found) == sum(user is not None for user in users)


@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.string_view()])
def test_every_kind_of_text_and_decimals_are_taken(text: pa.DataType) -> None:
    amounts = pa.array([Decimal("1.50"), None], pa.decimal128(20, 2))
    rows = pa.table({"user_id": pa.array(["b", "a"], text), "name": pa.array(["x", None], text), "amount": amounts})
    assert ByUser(rows).of("b") == [{"name": "x", "amount": 1.5}]
    assert ByUser(rows).of("a") == [{"name": None, "amount": None}]
