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
    return pa.table({**counts, "f10": pa.array(money, from_pandas=True), "f11": countries})


def check(rows: pa.Table, made_on: pa.Table, drift: Drift) -> list[dict[str, object]]:
    scores = np.linspace(0, 1, made_on.num_rows)
    references = unpacked(reference(made_on, scores, Encoding(NAMES[:11], {"f11": []})))
    return checked(references, counted(references, rows.to_batches(max_chunksize=700)), drift, "1", NOW)


@given(st.lists(st.one_of(st.none(), st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0, -3.0])), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_row_is_in_one_bin_and_bins_are_kept_as_json(values: list[float | None]) -> None:
    column = pa.chunked_array([pa.array(values, pa.float64())])
    histogram = Histogram.of(column)
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


def test_chance_stays_below_its_level_in_about_95_of_100_samples() -> None:
    draw = np.random.default_rng(3)
    shares = np.array([0.3, 0.2, 0.2, 0.2, 0.1])
    samples = [(draw.multinomial(2000, shares), draw.multinomial(900, shares)) for _ in range(2000)]
    below = np.mean([psi(one, other) < by_chance(one, other) for one, other in samples])
    assert 0.93 < below < 0.97
    values = np.array([p_value(one, other) for one, other in samples])
    assert abs(values.mean() - 0.5) < 0.03


def test_levels_are_those_of_practice() -> None:
    assert [level(value) for value in (0, 0.099, 0.1, 0.25, 0.26)] == ["stable", "stable", "moderate", "moderate", "large"]


def test_discoveries_are_those_of_scipy() -> None:
    from scipy.stats import false_discovery_control

    draw = np.random.default_rng(1)
    for _ in range(50):
        values = draw.random(20) ** 3
        assert discoveries(values.tolist(), 0.1).tolist() == (false_discovery_control(values) <= 0.1).tolist()
    assert discoveries([], 0.1).tolist() == []


def test_200_days_without_a_change_alarm_no_more_often_than_declared() -> None:
    """Also where the smallest change would count, so that the control of false discoveries alone keeps them rare."""
    draw = np.random.default_rng(11)
    made_on, drift = users(6000, draw), Drift(least_psi=0.0)
    days = sum(
        any(row["is_alarm"] for row in check(users(3000, draw), made_on, drift) if row["kind"] == "feature") for _ in range(200)
    )
    # By Benjamini and Hochberg a day without any change has an alarm with at most the declared chance; 3 deviations above.
    assert days <= 200 * 0.05 + 3 * math.sqrt(200 * 0.05 * 0.95)


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
