"""Laws of both tables, for any history."""

from collections import defaultdict
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.gold import recommendations, similar_products
from ml.recommendations.declaration import Factors, RecommendationsSection
from ml.recommendations.factors import on_this_machine
from ml.recommendations.made import Made, made
from tests.ml.recommendations.planted import TODAY, Did, clusters, history_of

count = st.integers(0, 2)
one = st.tuples(
    st.sampled_from([f"u{n}" for n in range(6)]),
    st.sampled_from([f"p{n}" for n in range(6)]),
    st.sampled_from([10, 60, 69, 70, 80, 99]),
    count,
    count,
    count,
).filter(lambda did: any(did[3:]))
histories = st.lists(one, max_size=40, unique_by=lambda did: did[:3])


def tables(did: list[Did], users: list[str] | None = None, **declared: object) -> Made:
    section = RecommendationsSection.model_validate(
        {"ranks": 4, "similar": 3, "factors": Factors(number=4, iterations=4), **declared}
    )
    return made(history_of(did, users or []), TODAY, section, on_this_machine)


def lists(rows: pa.Table, owner: str, product: str) -> dict[str, list[tuple[int, str, float, str]]]:
    found = defaultdict(list)
    for row in rows.to_pylist():
        found[row[owner]].append((row["rank"], row[product], row["score"], row["method"]))
    return {key: sorted(entries) for key, entries in found.items()}


@settings(max_examples=40, deadline=None)
@given(histories, st.booleans())
def test_ranks_have_no_gaps_and_nothing_bought_is_recommended(did: list[Did], repeat_purchase: bool) -> None:
    found = tables(did, ["stranger"], repeat_purchase=repeat_purchase)
    bought = {(user, product) for user, product, *_, purchases in did if purchases}
    known = {product for _, product, *_ in did}

    by_user = lists(found.recommended, "user_id", "product_id")
    for user, entries in by_user.items():
        listed = [product for _, product, _, _ in entries]
        assert [rank for rank, *_ in entries] == list(range(1, len(entries) + 1))
        assert len(set(listed)) == len(listed)
        assert repeat_purchase or not bought & {(user, product) for product in listed}
        # Popular products fill what a method leaves open, and come after its own.
        own = [method != "popularity" for *_, method in entries]
        assert own == sorted(own, reverse=True)
        for (_, _, score, method), (_, _, later, later_method) in pairwise(entries):
            assert score >= later or method != later_method
    met = {(user, product) for user, product, *_ in did}
    for row in found.recommended.to_pylist():
        reason = row["because_of_product_id"]
        assert (reason is not None) == (row["method"] == "item_to_item")
        assert reason is None or (row["user_id"], reason) in met
    for user in {"stranger", *(user for user, *_ in did)}:
        allowed = known if repeat_purchase else known - {product for owner, product in bought if owner == user}
        assert len(by_user.get(user, [])) == min(4, len(allowed))


@settings(max_examples=40, deadline=None)
@given(histories)
def test_similar_products_are_others_with_ranks_without_gaps(did: list[Did]) -> None:
    for product, entries in lists(tables(did).similar, "product_id", "similar_product_id").items():
        listed = [other for _, other, _, _ in entries]
        assert [rank for rank, *_ in entries] == list(range(1, len(entries) + 1))
        assert product not in listed
        assert len(set(listed)) == len(listed)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject) -> None:
    did = data.draw(histories)
    once, again = tables(did), tables(data.draw(st.permutations(did)))

    assert once.recommended == again.recommended
    assert once.similar == again.similar


def test_each_method_is_served_with_columns_as_declared() -> None:
    found = tables(clusters(), ranks=10)

    assert found.recommended.column_names == recommendations.TABLE.column_names
    assert found.similar.column_names == similar_products.TABLE.column_names
    assert found.comparison.best in set(found.recommended["method"].to_pylist())
    assert found.similar.num_rows == 120 * 3


def test_similar_products_are_of_the_same_kind_where_users_are() -> None:
    rows = tables(clusters()).similar.to_pylist()
    same = [int(row["product_id"][1:]) % 4 == int(row["similar_product_id"][1:]) % 4 for row in rows]

    assert sum(same) / len(same) > 0.9


@pytest.mark.parametrize(
    ("did", "users", "expected"),
    [
        ([], [], []),
        ([], ["a"], []),
        ([("a", "p", 50, 0, 0, 1)], [], []),
        ([("a", "p", 50, 1, 0, 0)], ["b"], [("a", 1, "p"), ("b", 1, "p")]),
        ([(user, "p", 50, 0, 0, 1) for user in "abc"], ["d"], [("d", 1, "p")]),
        ([("a", product, 50, 1, 0, 0) for product in "pq"], [], [("a", 1, "p"), ("a", 2, "q")]),
    ],
    ids=["nothing", "nobody does anything", "one user bought the one product", "one product", "bought by everyone", "one user"],
)
def test_little_history_has_a_defined_end(did: list[Did], users: list[str], expected: list[tuple[str, int, str]]) -> None:
    rows = tables(did, users).recommended.to_pylist()

    assert [(row["user_id"], row["rank"], row["product_id"]) for row in rows] == expected
    assert {row["method"] for row in rows} <= {"popularity"}
