"""The parts of a change sum to it exactly, whatever the figures, and mean what they say."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.metrics.tree import Part, Parts, by_value, factors, in_units, mix_and_rate

CENT = Fraction(1, 100)
MONEY = st.integers(-(10**9), 10**9).map(lambda micros: Fraction(micros, 10**6))
COUNT = st.integers(0, 1000).map(Fraction)
VALUES = st.sampled_from(["a", "b", "c", "d"])
SIDES = st.dictionaries(VALUES, st.builds(Parts, MONEY, COUNT))


def fractions(**figures: int) -> Mapping[str, Fraction]:
    return {name: Fraction(figure) for name, figure in figures.items()}


def amounts(parts: list[Part]) -> dict[tuple[str, str], Fraction]:
    return {(part.of, part.effect): part.amount for part in parts}


def total(parts: list[Part]) -> Fraction:
    return sum((part.amount for part in parts), Fraction(0))


def ratio(side: Mapping[str, Parts]) -> Fraction:
    return sum((p.of for p in side.values()), Fraction(0)) / sum((p.to for p in side.values()), Fraction(0))


def test_a_sum_changes_by_what_each_value_does_also_one_that_comes_or_goes() -> None:
    parts = by_value(fractions(stays=10, goes=4), fractions(stays=7, comes=5))
    assert {p.of: p.amount for p in parts} == fractions(comes=5, goes=-4, stays=-3)


def test_a_ratio_that_only_its_weights_move_is_all_mix() -> None:
    before = {"phone": Parts(Fraction(10), Fraction(100)), "desk": Parts(Fraction(30), Fraction(100))}
    after = {"phone": Parts(Fraction(15), Fraction(150)), "desk": Parts(Fraction(15), Fraction(50))}
    found = amounts(mix_and_rate(before, after))
    # 10 % and 30 % stay; the weight of phone goes from 1/2 to 3/4, around an average of 17.5 %.
    assert found["phone", "rate"] == found["desk", "rate"] == 0
    assert found["phone", "mix"] == Fraction(1, 4) * (Fraction(10, 100) - Fraction(175, 1000))
    assert found["desk", "mix"] == Fraction(-1, 4) * (Fraction(30, 100) - Fraction(175, 1000))


def test_a_ratio_that_only_one_rate_moves_is_all_its_rate() -> None:
    before = {"phone": Parts(Fraction(10), Fraction(100)), "desk": Parts(Fraction(30), Fraction(100))}
    after = {"phone": Parts(Fraction(20), Fraction(100)), "desk": Parts(Fraction(30), Fraction(100))}
    found = amounts(mix_and_rate(before, after))
    assert {key: amount for key, amount in found.items() if amount} == {("phone", "rate"): Fraction(5, 100)}


def test_two_rates_differ_as_kitagawa_splits_them() -> None:
    # Standardised by the average of both: rate = sum of (r1 - r0)(w0 + w1)/2, mix = sum of (w1 - w0)(r0 + r1)/2.
    before = {"young": Parts(Fraction(6), Fraction(60)), "old": Parts(Fraction(20), Fraction(40))}
    after = {"young": Parts(Fraction(10), Fraction(50)), "old": Parts(Fraction(20), Fraction(50))}
    found = mix_and_rate(before, after)
    rate = sum(p.amount for p in found if p.effect == "rate")
    mix = sum(p.amount for p in found if p.effect == "mix")
    assert rate == Fraction(1, 10) * Fraction(11, 20) + Fraction(-1, 10) * Fraction(9, 20)
    assert mix == Fraction(-1, 10) * Fraction(15, 100) + Fraction(1, 10) * Fraction(45, 100)


def test_a_value_that_is_new_changes_the_mix_alone() -> None:
    before = {"a": Parts(Fraction(10), Fraction(100))}
    found = amounts(mix_and_rate(before, before | {"b": Parts(Fraction(50), Fraction(100))}))
    assert found["b", "rate"] == 0
    assert found["b", "mix"] > 0


def test_a_ratio_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to divide by"):
        mix_and_rate({"a": Parts(Fraction(1), Fraction(0))}, {"a": Parts(Fraction(1), Fraction(1))})


def test_two_factors_share_their_joint_change_equally() -> None:
    # 100 orders of 50 become 120 orders of 45.
    parts = factors(["orders", "aov"], [Fraction(100), Fraction(5000)], [Fraction(120), Fraction(5400)])
    assert amounts(parts) == {
        ("orders", "factor"): Fraction(20) * Fraction(95, 2),
        ("aov", "factor"): Fraction(-5) * Fraction(110),
    }


def test_a_factor_that_did_not_change_has_no_part() -> None:
    before, after = [Fraction(10), Fraction(20), Fraction(400)], [Fraction(10), Fraction(30), Fraction(600)]
    parts = factors(["users", "frequency", "value"], before, after)
    assert [part.amount for part in parts] == [0, 200, 0]


def test_a_period_without_orders_is_all_the_orders_doing() -> None:
    parts = factors(["orders", "aov"], [Fraction(0), Fraction(0)], [Fraction(3), Fraction(90)])
    assert [part.amount for part in parts] == [90, 0]


def test_revenue_without_an_order_is_told_apart() -> None:
    parts = factors(["orders", "aov"], [Fraction(2), Fraction(60)], [Fraction(0), Fraction(-5)])
    assert amounts(parts) == {("orders", "factor"): -60, ("aov", "factor"): 0, ("not a product", "rest"): -5}


@given(before=st.dictionaries(VALUES, MONEY), after=st.dictionaries(VALUES, MONEY))
def test_the_parts_of_a_sum_are_its_change(before: dict[str, Fraction], after: dict[str, Fraction]) -> None:
    assert total(by_value(before, after)) == sum(after.values()) - sum(before.values())


@given(before=SIDES, after=SIDES)
def test_mix_and_rate_are_the_change_of_the_ratio(before: dict[str, Parts], after: dict[str, Parts]) -> None:
    if not all(sum(p.to for p in side.values()) for side in (before, after)):
        return
    assert total(mix_and_rate(before, after)) == ratio(after) - ratio(before)


@given(data=st.data(), count=st.integers(1, 4))
def test_factors_are_the_change_of_their_product(data: st.DataObject, count: int) -> None:
    products = st.lists(COUNT, min_size=count - 1, max_size=count - 1)
    before, after = ([*data.draw(products), data.draw(MONEY)] for _ in range(2))
    parts = factors([str(n) for n in range(count)], before, after)
    assert total(parts) == after[-1] - before[-1]


@given(figures=st.lists(MONEY, min_size=1, max_size=9), before=MONEY)
def test_rounded_parts_sum_to_the_rounded_change_and_are_each_near(figures: list[Fraction], before: Fraction) -> None:
    parts = [Part(str(n), "change", amount) for n, amount in enumerate(figures)]
    shown = [round(figure / CENT) * CENT for figure in (before, before + sum(figures))]
    rounded = in_units(parts, shown[1] - shown[0], CENT)
    assert total(rounded) == shown[1] - shown[0]
    assert all(p.amount % CENT == 0 for p in rounded)
    assert all(abs(r.amount - p.amount) <= 2 * CENT for r, p in zip(rounded, parts, strict=True))
