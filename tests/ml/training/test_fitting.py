"""Training on data whose law is planted, and on data that allow no model."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from libs.errors import InputError
from ml.evaluation.figures import auc
from ml.features.declaration import Churn
from ml.features.manifest import Manifest
from ml.registry.artifact import ChurnModel
from ml.training.boosting import Sample, margins
from ml.training.data import Part, Split
from ml.training.declaration import Parameters, Training
from ml.training.encoding import Encoding
from ml.training.fitting import Fitted, Samples, fitted
from ml.training.resampling import with_synthetic
from ml.training.tuning import Local
from tests.ml.training.planted import part

pytest.importorskip("xgboost")
MANIFEST = Manifest((), Churn(), "abc", {})


@pytest.fixture(scope="module")
def parts() -> Split:
    days = [date(2025, month, 1) for month in (1, 2, 3)]
    return Split(*(part(rows, seed, day) for seed, (rows, day) in enumerate(zip((3000, 1500, 1500), days, strict=True))))


@pytest.fixture(scope="module")
def found(parts: Split) -> Fitted:
    training = Training(trials=3, rounds=120)
    return fitted(parts, Samples.of(parts, training), training, MANIFEST, Local())


def test_the_model_learns_the_planted_law_better_than_recency_alone(parts: Split, found: Fitted) -> None:
    ones = np.ones(len(parts.test))
    by_model = {name: auc(parts.test.churned, scores, ones) for name, scores in found.probabilities.items()}
    assert set(by_model) == {"xgboost", "xgboost_smote", "logistic_regression", "recency"}
    rows = parts.test.rows
    best = auc(
        parts.test.churned,
        (rows["recency_days"].to_numpy() / 12 + 1.5 * (rows["country"].to_numpy(zero_copy_only=False) == "Peru")),
        ones,
    )
    assert best - 0.015 < by_model["xgboost"] <= best + 0.01
    assert by_model["recency"] < by_model["xgboost"]


def test_a_feature_without_any_value_is_left_out(found: Fitted) -> None:
    assert "average_order_value" not in found.model.encoding.numbers
    assert "country=Peru" in found.model.encoding.names


def test_the_score_only_rises_with_a_feature_that_is_declared_so(parts: Split, found: Fitted) -> None:
    rows = parts.test.rows.slice(0, 50)
    scores = []
    for days in range(1, 61, 5):
        place = rows.column_names.index("recency_days")
        scores.append(found.model.probabilities(rows.set_column(place, "recency_days", pa.array([days] * 50))))
    assert (np.diff(np.array(scores), axis=0) >= -1e-9).all()


def test_a_model_is_the_same_each_time(parts: Split) -> None:
    training = Training(trials=1, rounds=30, compare_smote=False)
    one, other = (fitted(parts, Samples.of(parts, training), training, MANIFEST, Local()).model for _ in range(2))
    assert one == other and isinstance(one, ChurnModel)


def test_smote_makes_both_classes_alike_and_leaves_real_rows(parts: Split) -> None:
    labels = np.array([0] * 90 + [1] * 10, np.int8)
    matrix = np.random.default_rng(1).normal(size=(100, 2)).astype(np.float32)
    matrix[3, 1] = np.nan
    found = with_synthetic(Sample(matrix, labels), 7)
    assert (found.labels == 1).sum() == (found.labels == 0).sum() == 90
    assert not np.isnan(found.matrix).any()
    rare = matrix[labels == 1]
    made = found.matrix[100:]
    assert (made.min(axis=0) >= rare.min(axis=0) - 1e-6).all() and (made.max(axis=0) <= rare.max(axis=0) + 1e-6).all()
    alone = Sample(matrix, np.array([0] * 99 + [1], np.int8))
    assert with_synthetic(alone, 7) is alone


def test_balanced_classes_move_the_margins_towards_the_rarer_one(parts: Split) -> None:
    plain, balanced = (Training(trials=0, rounds=60, class_weight=weight, compare_smote=False) for weight in ("none", "balanced"))
    models = [fitted(parts, Samples.of(parts, t), t, MANIFEST, Local()).model.loaded() for t in (plain, balanced)]
    samples = Samples.of(parts, plain)
    means = [float(margins(model, samples.test.matrix).mean()) for model in models]
    share = parts.train.churned.mean()
    assert (means[1] - means[0]) * (0.5 - share) > 0


def test_numbers_of_huge_or_no_size_are_encoded() -> None:
    encoding = Encoding.learned(pa.table({"a": pa.array([1e300, None, -1.5]), "t": ["x", None, "x"]}), ["a"], ["t"])
    assert encoding.names == ["a"], "too few rows have the value x"
    assert np.isnan(encoding.matrix(pa.table({"a": pa.array([None], pa.float64()), "t": ["y"]}))[0, 0])


def test_a_monotone_feature_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nonsense: no number of gold\.churn_features"):
        Training(monotone={"nonsense": 1})


def test_parameters_around_the_start_are_tried_as_often_as_asked_for() -> None:
    tried: list[Parameters] = []

    def loss(parameters: Parameters) -> float:
        tried.append(parameters)
        return abs(parameters.learning_rate - 0.1)

    best = Local().best(loss, Parameters(learning_rate=0.9), 8, 7)
    assert len(tried) == 9 and best == min(tried, key=lambda p: abs(p.learning_rate - 0.1))
    assert Local().best(loss, Parameters(learning_rate=0.1), 3, 7) == Parameters(learning_rate=0.1), "the start is the best one"
    assert Local().best(loss, Parameters(), 0, 7) == Parameters()


def test_the_encoding_is_the_same_on_frames(spark: object, tmp_path: Path) -> None:
    rows = pa.table({"a": pa.array([1.5, None, 3.0] * 20), "t": ["x", None, "y"] * 20})
    encoding = Encoding.learned(rows, ["a"], ["t"])
    frame = spark.createDataFrame(rows).select(encoding.of_frame())  # type: ignore[attr-defined]
    got = np.array(sorted(tuple(row[0]) for row in frame.collect()))
    expected = np.array(sorted(map(tuple, encoding.matrix(rows).tolist())))
    assert np.array_equal(np.sort(got, axis=0), np.sort(expected, axis=0), equal_nan=True)


def test_users_of_one_kind_are_refused() -> None:
    from ml.training.data import _check

    with pytest.raises(InputError, match="no user has left after the cutoff 2025-01-01, of 2"):
        _check(Part(pa.table({"cutoff": [1, 2]}), np.array([0, 0], np.int8)), [date(2025, 1, 1)])


@pytest.mark.parametrize("left", [1, 9, 31, 39])
def test_users_of_whom_too_few_are_of_a_kind_are_refused(left: int) -> None:
    from ml.training.data import _check

    churned = np.repeat(np.array([1, 0], np.int8), [left, 40 - left])
    with pytest.raises(
        InputError, match=f"{left} of 40 users have left after the cutoff 2025-01-01: a model needs 10 of both kinds"
    ):
        _check(Part(pa.table({"cutoff": [1] * 40}), churned), [date(2025, 1, 1)])


def test_users_of_whom_just_enough_are_of_a_kind_are_taken() -> None:
    from ml.training.data import _check

    _check(Part(pa.table({"cutoff": [1] * 40}), np.repeat(np.array([1, 0], np.int8), [10, 30])), [date(2025, 1, 1)])
