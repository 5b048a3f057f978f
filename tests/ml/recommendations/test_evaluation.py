"""Recall, NDCG and coverage are those of plain Python, user by user."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from ml.recommendations.evaluation import score
from ml.recommendations.ranking import NONE

PRODUCTS = 8
lists = st.lists(st.permutations(range(PRODUCTS)).map(lambda order: order[:4]), min_size=1, max_size=6)
bought = st.sets(st.integers(0, PRODUCTS - 1), min_size=1)


def matrix(wanted: list[set[int]]) -> sparse.csr_matrix:
    dense = np.zeros((len(wanted), PRODUCTS))
    for user, products in enumerate(wanted):
        dense[user, list(products)] = 1
    return sparse.csr_matrix(dense)


def plain(found: list[int], wanted: set[int]) -> tuple[float, float]:
    gained = sum(1 / log2(rank + 1) for rank, product in enumerate(found, 1) if product in wanted)
    greatest = sum(1 / log2(rank + 1) for rank in range(1, min(len(wanted), len(found)) + 1))
    return len(wanted.intersection(found)) / len(wanted), gained / greatest


@given(st.data())
def test_they_are_what_plain_python_computes(data: st.DataObject) -> None:
    ranked = data.draw(lists)
    open_ranks = [data.draw(st.integers(0, 4)) for _ in ranked]
    found = [[*one[: 4 - n], *[NONE] * n] for one, n in zip(ranked, open_ranks, strict=True)]
    wanted = [data.draw(bought) for _ in ranked]

    got = score(np.array(found), matrix(wanted), PRODUCTS)

    each = [plain(one, products) for one, products in zip(found, wanted, strict=True)]
    assert got.recall == pytest.approx(sum(recall for recall, _ in each) / len(each))
    assert got.ndcg == pytest.approx(sum(ndcg for _, ndcg in each) / len(each))
    assert got.coverage == len({p for one in found for p in one if p != NONE}) / PRODUCTS


def test_a_published_example() -> None:
    """Relevant at ranks 1, 3 and 6 of 6, four relevant in all: DCG 1 + 1/2 + 1/log2(7), ideal 1 + 1/log2(3) + 1/2 + 1/log2(5)."""
    got = score(np.array([[0, 1, 2, 3, 4, 5]]), matrix([{0, 2, 5, 7}]), PRODUCTS)

    assert got.ndcg == pytest.approx(1.856207 / 2.561606, abs=1e-6)
    assert got.recall == 0.75
