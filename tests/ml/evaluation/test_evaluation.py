"""Figures, calibration, lift and decisions, each by a second way."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.evaluation.calibration import Calibration, calibrated, fitted, reliability
from ml.evaluation.comparison import compared
from ml.evaluation.decision import best_threshold, confusion, expected_value
from ml.evaluation.figures import auc, average_precision, brier, figures, from_each_score, log_loss
from ml.evaluation.lift import deciles
from ml.training.declaration import Offer

sklearn = pytest.importorskip("sklearn.metrics")
ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.77, 0.9]), st.integers(0, 3)), min_size=2, max_size=40)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_figures_of_weighted_users_are_those_of_scikit_learn(rows: list[tuple[bool, float, int]]) -> None:
    labels, scores = np.array([r[0] for r in rows], np.int8), np.array([r[1] for r in rows])
    weights = np.array([r[2] for r in rows], np.float64)
    left, stayed = weights[labels == 1].sum(), weights[labels == 0].sum()
    if not left or not stayed:
        assert np.isnan(auc(labels, scores, weights))
        return
    known = {"sample_weight": weights}
    assert auc(labels, scores, weights) == pytest.approx(sklearn.roc_auc_score(labels, scores, **known))
    assert average_precision(labels, scores, weights) == pytest.approx(sklearn.average_precision_score(labels, scores, **known))
    assert log_loss(labels, scores, weights) == pytest.approx(sklearn.log_loss(labels, scores, labels=[0, 1], **known))
    assert brier(labels, scores, weights) == pytest.approx(sklearn.brier_score_loss(labels, scores, **known))


def drawn(rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds, and labels that come true by them."""
    draw = np.random.default_rng(seed)
    margins = draw.normal(0, 1.5, rows)
    return margins, (draw.random(rows) < 1 / (1 + np.exp(-margins))).astype(np.int8)


def test_intervals_hold_the_figure_and_get_narrower_with_more_users() -> None:
    widths = []
    for rows in (200, 3200):
        margins, labels = drawn(rows)
        found = figures(labels, 1 / (1 + np.exp(-margins)), 100, 3)
        assert all(figure.low <= figure.value <= figure.high for figure in found.values())
        widths.append(found["roc_auc"].high - found["roc_auc"].low)
    assert widths[1] < widths[0] / 2


def test_probabilities_that_are_right_are_not_calibrated_otherwise_and_wrong_ones_are() -> None:
    margins, labels = drawn(4000)
    for wrong in (margins, 2.5 * margins + 1):
        calibration = calibrated(wrong, labels, 7)
        found = reliability(labels, calibration(wrong))
        assert found.error < 0.03
    assert calibrated(2.5 * margins + 1, labels, 7).kind != "none"
    assert reliability(labels, Calibration("none")(2.5 * margins + 1)).error > 0.1


def test_calibrations_are_those_of_scikit_learn() -> None:
    from sklearn.isotonic import IsotonicRegression

    margins, labels = drawn(500)
    platt = fitted("platt", margins, labels)
    rows = np.linspace(-3, 3, 7)
    slope, intercept = platt.points[0]
    gradient = labels - platt(margins)
    assert abs(gradient.mean()) < 1e-3 and abs((gradient * margins).mean()) < 1e-3, "the likelihood is at its maximum"
    assert platt(rows) == pytest.approx(1 / (1 + np.exp(-(slope * rows + intercept))))
    steps = IsotonicRegression(out_of_bounds="clip").fit(margins, labels).predict(rows)
    assert fitted("isotonic", margins, labels)(rows) == pytest.approx(np.clip(steps, 1 / 502, 1 - 1 / 502))
    again = Calibration.unpacked(platt.packed())
    assert again == platt


def test_chance_alone_explains_the_error_of_right_probabilities() -> None:
    margins, labels = drawn(3000)
    found = reliability(labels, 1 / (1 + np.exp(-margins)))
    assert 0.3 < found.error / found.by_chance < 2.5
    assert sum(b.users for b in found.bins) == 3000


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
@settings(max_examples=50, deadline=None)
def test_tenths_hold_every_user_once_and_gain_ends_at_all_who_left(rows: list[tuple[bool, float]]) -> None:
    labels, scores = np.array([r[0] for r in rows], np.int8), np.array([r[1] for r in rows])
    if not labels.any():
        return
    found = deciles(labels, scores)
    assert sum(d.users for d in found) == len(rows) and sum(d.churned for d in found) == labels.sum()
    assert found[-1].gain == pytest.approx(1)
    assert sum(d.lift * d.users for d in found) == pytest.approx(len(rows))
    assert all(one.mean_score >= other.mean_score - 1e-12 for one, other in pairwise(found))


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.5, 0.9])), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_no_other_threshold_brings_more(rows: list[tuple[bool, float]]) -> None:
    labels, scores, offer = (
        np.array([r[0] for r in rows], np.int8),
        np.array([r[1] for r in rows]),
        Offer(value=100, winback=0.3, cost=12),
    )
    best = confusion(labels, scores, best_threshold(labels, scores, offer), offer)
    assert best.true_positives + best.false_positives + best.false_negatives + best.true_negatives == len(rows)
    assert best.value == pytest.approx(max(confusion(labels, scores, t, offer).value for t in (0.1, 0.3, 0.5, 0.9, 1.1)))


def test_the_offer_of_the_example_is_worth_35_for_a_certain_leaver() -> None:
    assert expected_value(np.array([1.0, 0.5, 0.0]), Offer()) == pytest.approx([35.0, 12.5, -10.0])


def rows_of(countries: list[str]) -> pa.Table:
    nothing = pa.array([None] * len(countries), pa.string())
    return pa.table({"country": countries, "traffic_source": nothing, "main_device": nothing})


def test_a_challenger_is_better_only_where_the_paired_interval_says_so() -> None:
    margins, labels = drawn(2000)
    noise = np.random.default_rng(5).normal(0, 2, 2000)
    good, bad = 1 / (1 + np.exp(-margins)), 1 / (1 + np.exp(-(margins + noise)))
    rows = rows_of(["Spain"] * 2000)
    assert compared(rows, labels, bad, good, 100, 1).faults == []
    assert "not above 0 with certainty" in compared(rows, labels, good, good, 100, 1).faults[0]
    assert "not above 0 with certainty" in compared(rows, labels, good, bad, 100, 1).faults[0]


def test_a_challenger_that_is_worse_in_a_large_segment_is_not_better() -> None:
    margins, labels = drawn(4000)
    noise = np.random.default_rng(5).normal(0, 2.5, 4000)
    is_peru = np.arange(4000) % 4 == 0
    champion = 1 / (1 + np.exp(-np.where(is_peru, margins, margins + noise)))
    challenger = 1 / (1 + np.exp(-np.where(is_peru, margins + noise, margins)))
    rows = rows_of(["Peru" if peru else "Spain" for peru in is_peru])
    faults = compared(rows, labels, champion, challenger, 100, 1).faults
    assert len(faults) == 1 and faults[0].startswith("AUC of country=Peru is worse")


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1))
def test_rows_of_one_score_are_counted_together(found: list[tuple[float, bool]]) -> None:
    scores, labels = np.array([s for s, _ in found]), np.array([int(left) for _, left in found], np.int8)

    counted = list(zip(*(part.tolist() for part in from_each_score(labels, scores)), strict=True))

    distinct = sorted({s for s, _ in found}, reverse=True)
    assert counted == [(d, sum(s >= d for s, _ in found), sum(s >= d and left for s, left in found)) for d in distinct]
