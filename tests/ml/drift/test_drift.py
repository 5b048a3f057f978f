"""Drift: against plain Python, against chance, and against a planted change."""

import math
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.drift.check import asks_for_training, checked, counted
from ml.drift.declaration import Drift
from ml.drift.histogram import Histogram
from ml.drift.psi import by_chance, discoveries, level, p_value, psi
from ml.drift.reference import SCORE, reference, unpacked
from ml.training.encoding import Encoding

pytest.importorskip("scipy")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [f"f{n}" for n in range(12)]


def users(rows: int, draw: np.random.Generator, more: float = 1.0) -> pa.Table:
    """Features as users have them: counts, times, money, a text; `more` changes a few of them."""
    counts = {name: pa.array(draw.poisson((3 + n) * (more if n < 4 else 1), rows)) for n, name in enumerate(NAMES[:10])}
    money = np.where(draw.random(rows) < 0.4, np.nan, draw.gamma(1.5, 30, rows))
    countries = draw.choice(["China", "Spain", "Peru"], rows, p=[0.5, 0.3, 0.2])
    each_once = [str(n) for n in range(rows)]
    return pa.table({**counts, "f10": pa.array(money, from_pandas=True), "f11": countries, "user_id": each_once})


def shop(draw: np.random.Generator, number: int = 230, stay: float = 0.7) -> tuple[pa.Table, pa.Table]:
    """An unchanged shop: users of two cutoffs, of whom `stay` are of both, and those of a day so late that nobody is of them.

    Each has a country, of which most have few users, an age, a rate of orders of their own, and orders of 30, 60 days and of ever:
    those of the two cutoffs overlap as the days do.
    """
    people, zipf = 3 * number, 1 / np.arange(1, 16)
    country, age = draw.choice(15, people, p=zipf / zipf.sum()), draw.integers(18, 70, people)
    months = draw.poisson(draw.gamma(0.8, 2, people)[:, None], (people, 5))

    def at(chosen: np.ndarray, month: int) -> pa.Table:
        of = months[chosen]
        orders = {"f0": of[:, month], "f1": of[:, month - 1 : month + 1].sum(1), "f2": of[:, : month + 1].sum(1)}
        own = {"f3": age[chosen], "f4": of[:, month] / np.maximum(of[:, month - 1 : month + 1].sum(1), 1)}
        return pa.table({"user_id": [str(n) for n in chosen], **orders, **own, "f11": [f"c{n}" for n in country[chosen]]})

    kept = int(number * stay)
    first, second = np.arange(number), np.arange(number - kept, 2 * number - kept)
    return pa.concat_tables([at(first, 3), at(second, 4)]), at(np.arange(2 * number, people), 4)


def check(rows: pa.Table, made_on: pa.Table, drift: Drift) -> list[dict[str, object]]:
    scores = np.linspace(0, 1, made_on.num_rows)
    numbers = [name for name in NAMES[:11] if name in made_on.schema.names]
    references = unpacked(reference(made_on, scores, Encoding(numbers, {"f11": []})))
    return checked(references, counted(references, rows.to_batches(max_chunksize=700)), drift, "1", NOW)


@given(st.lists(st.one_of(st.none(), st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0, -3.0])), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_row_is_in_one_bin_and_bins_are_kept_as_json(values: list[float | None]) -> None:
    column = pa.chunked_array([pa.array(values, pa.float64())])
    histogram = Histogram.of(column, pa.chunked_array([[str(n) for n in range(len(values))]]))
    assert histogram.counts.sum() == len(values) and histogram.counts[-1] == values.count(None)
    again = Histogram.unpacked(histogram.packed())
    assert again.counted(column).tolist() == histogram.counts.tolist()
    for value in {v for v in values if v is not None}:
        one = histogram.counted(pa.chunked_array([pa.array([value])]))
        place = sum(edge < value for edge in histogram.edges)
        assert one.tolist() == [int(n == place) for n in range(len(one))]


def test_psi_is_that_of_plain_python() -> None:
    one, other = Counter("aaabbbbbcc"), Counter("aabbccccdd")
    names = sorted(one | other)
    expected = sum((q - p) * math.log(q / p) for p, q in ((max(one[n], 0.5) / 10, max(other[n], 0.5) / 10) for n in names))
    assert psi(np.array([one[n] for n in names]), np.array([other[n] for n in names])) == pytest.approx(expected)
    assert psi(np.array([3, 3]), np.array([30, 30])) == pytest.approx(0) and psi(np.array([0, 0]), np.array([1, 1])) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "z", None])), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_rows_of_one_user_are_worth_what_their_variance_says(rows: list[tuple[str, str | None]]) -> None:
    """Against the variance of each share, user by user."""
    users, values = zip(*rows, strict=True)
    found = Histogram.of(pa.chunked_array([pa.array(values, pa.string())]), pa.chunked_array([list(users)])).independent_rows
    shares = {value: count / len(rows) for value, count in Counter(values).items()}
    if len(shares) == 1:
        assert found == len(rows)
        return
    sizes, own = Counter(users), Counter(rows)
    variance = {
        value: sum((own[user, value] - sizes[user] * share) ** 2 for user in sizes) / len(rows) ** 2
        for value, share in shares.items()
    }
    effect = len(rows) * sum(variance[value] / share for value, share in shares.items()) / (len(shares) - 1)
    assert found == pytest.approx(len(rows) / max(effect, 1))


def test_users_who_are_twice_in_the_reference_with_the_same_value_count_once() -> None:
    once = pa.chunked_array([["a", "b", "b", "c"] * 10])
    users = pa.chunked_array([[str(n) for n in range(40)]])
    twice = [pa.chunked_array([*column.chunks, *column.chunks]) for column in (once, users)]
    assert Histogram.of(once, users).independent_rows == 40
    assert Histogram.of(twice[0], twice[1]).independent_rows == pytest.approx(40)


def test_a_model_of_before_is_taken_for_users_who_are_in_its_reference_twice() -> None:
    packed = Histogram.of(pa.chunked_array([["a", "b"] * 10]), pa.chunked_array([[str(n) for n in range(20)]])).packed()
    del packed["independent_rows"]
    assert Histogram.unpacked(packed).independent_rows == 10


@pytest.mark.parametrize("shares", [np.array([0.3, 0.2, 0.2, 0.2, 0.1]), 0.3 / np.arange(1, 16)])
def test_chance_stays_below_its_level_in_about_95_of_100_samples(shares: np.ndarray) -> None:
    """Also where bins have few users, and where each user of the reference is in it twice."""
    draw = np.random.default_rng(3)
    shares = shares / shares.sum()
    samples = [(2 * draw.multinomial(300, shares), draw.multinomial(200, shares)) for _ in range(2000)]
    below = np.mean([psi(one, other) < by_chance(one, other, 300) for one, other in samples[:500]])
    assert 0.92 < below < 0.98
    values = np.array([p_value(one, other, 300) for one, other in samples])
    assert abs(values.mean() - 0.5) < 0.03
    assert np.mean(values < 0.01) < 0.01 + 3 * math.sqrt(0.01 * 0.99 / 2000)


def test_p_is_about_that_of_psi_where_every_bin_has_many_users() -> None:
    from scipy.stats import chi2

    draw = np.random.default_rng(3)
    for _ in range(20):
        one, other = (draw.multinomial(rows, [0.3, 0.2, 0.2, 0.2, 0.1]) for rows in (40_000, 20_000))
        of_psi = chi2.sf(psi(one, other) / (1 / 40_000 + 1 / 20_000), 4)
        assert p_value(one, other, 40_000) == pytest.approx(of_psi, abs=0.01)


def test_levels_are_those_of_practice() -> None:
    assert [level(value) for value in (0, 0.099, 0.1, 0.25, 0.26)] == ["stable", "stable", "moderate", "moderate", "large"]


def test_discoveries_are_those_of_scipy() -> None:
    from scipy.stats import false_discovery_control

    draw = np.random.default_rng(1)
    for _ in range(50):
        values = draw.random(20) ** 3
        assert discoveries(values.tolist(), 0.1).tolist() == (false_discovery_control(values) <= 0.1).tolist()
    assert discoveries([], 0.1).tolist() == []


def test_200_days_without_a_change_alarm_no_more_often_than_declared(capsys: pytest.CaptureFixture[str]) -> None:
    """Each day is of a shop of its own, so that days are independent and the bound is that of the binomial distribution.

    Also the smallest change counts: chance alone decides, and the control of false discoveries.
    """
    from scipy.stats import binomtest

    draw, drift = np.random.default_rng(11), Drift(least_psi=0.0)
    days = 200
    alarms = 0
    for _ in range(days):
        made_on, now = shop(draw)
        alarms += any(row["is_alarm"] for row in check(now, made_on, drift) if row["kind"] == "feature")
    measured = binomtest(alarms, days, drift.false_discoveries, alternative="greater")
    low = measured.proportion_ci(0.95).low
    said = f"{alarms} of {days} days alarm, {alarms / days:.1%}: at least {low:.1%} with 95 % confidence, declared {drift.false_discoveries:.1%}"
    with capsys.disabled():
        print(f"\n{said}")
    assert low <= drift.false_discoveries, said


def test_a_planted_change_is_found_within_three_days_and_asks_for_training() -> None:
    """Counts of seven days, of which one more a day is of users who do half as much again."""
    draw = np.random.default_rng(5)
    made_on = users(6000, draw)
    found = [
        {
            str(row["name"])
            for row in check(users(3000, draw, more=1 + 0.5 * day / 7), made_on, Drift(least_psi=0.05))
            if row["is_alarm"]
        }
        for day in (0, 1, 2, 3)
    ]
    assert found[0] == set() and found[3] and found[3] <= set(NAMES[:4])
    whole = check(users(3000, draw, more=1.5), made_on, Drift())
    assert asks_for_training(whole, Drift()) == "4 features have drifted: f0, f1, f2, f3"
    assert asks_for_training(whole, Drift(retrain_after=5)) is None


def test_new_values_and_missing_ones_are_counted() -> None:
    draw = np.random.default_rng(5)
    made_on, rows = users(2000, draw), users(1000, draw)
    changed = rows.set_column(11, "f11", pa.array(["Chile"] * 300 + [None] * 200 + rows["f11"].to_pylist()[500:]))
    row = next(r for r in check(changed, made_on, Drift()) if r["name"] == "f11")
    assert (row["new_values"], row["missing_rate"], row["reference_missing_rate"], row["is_alarm"]) == (300, 0.2, 0.0, True)


def test_a_score_that_drifted_asks_for_training() -> None:
    made_on = users(2000, np.random.default_rng(5))
    references = unpacked(reference(made_on, np.linspace(0, 1, 2000), Encoding(NAMES[:11], {"f11": []})))
    scores = pa.table({SCORE: np.linspace(0.5, 1, 1000)})
    rows = checked(references, counted(references, scores.to_batches()), Drift(), "1", NOW)
    assert [row["kind"] for row in rows] == ["score"] and asks_for_training(rows, Drift()) == "its scores have drifted"
