"""A model in a folder: what was saved is loaded, and what was changed, or could run code, is refused in one line."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from libs.errors import InputError
from ml.evaluation.calibration import Calibration
from ml.registry.artifact import BOOSTER, DESCRIPTION, BadArtifact, ChurnModel
from ml.training.boosting import Sample, boosted, parameters
from ml.training.declaration import Parameters, Training
from ml.training.encoding import Encoding

pytest.importorskip("xgboost")
TRAINING = Training(rounds=20, monotone={})


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(400, 3)).astype(np.float32)
    labels = (matrix[:, 0] + draw.normal(size=400) > 0).astype(np.int8)
    given = parameters(Parameters(), TRAINING, ["recency_days", "age", "country=Peru"], labels)
    booster = boosted(given, Sample(matrix[:300], labels[:300]), Sample(matrix[300:], labels[300:]), TRAINING)
    encoding = Encoding(["recency_days", "age"], {"country": ["Peru"]})
    return ChurnModel(bytes(booster.save_raw("ubj")), encoding, Calibration("platt", ((0.9, 0.1),)), "abc", {"trees": 3})


@pytest.fixture
def folder(model: ChurnModel, tmp_path: Path) -> Path:
    model.save(tmp_path)
    return tmp_path


def test_what_was_saved_is_loaded_and_scores_alike(model: ChurnModel, folder: Path) -> None:
    loaded = ChurnModel.load(folder)
    assert loaded == model
    rows = pa.table({"recency_days": [1, None, 40], "age": [20, 30, None], "country": ["Peru", None, "a new one"]})
    assert loaded.probabilities(rows) == pytest.approx(model.probabilities(rows))
    assert loaded.encoding.matrix(rows)[:, 2].tolist() == [1, 0, 0]


def test_a_changed_booster_is_refused(folder: Path) -> None:
    content = bytearray((folder / BOOSTER).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / BOOSTER).write_bytes(content)
    with pytest.raises(BadArtifact, match=r"model\.ubj is not what churn\.json says"):
        ChurnModel.load(folder)


def test_a_pickle_is_refused_though_the_rest_is_right(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "python_model.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(BadArtifact, match="has a pickle"):
        ChurnModel.load(folder)


@pytest.mark.parametrize("name", [BOOSTER, DESCRIPTION])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BadArtifact, match=f"has no {name}"):
        ChurnModel.load(folder)


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "not JSON"), ("[]", "not an object"), ('{"form": 9}', "form 9"), ('{"form": 1}', "is not what")]
)
def test_a_description_that_is_none_is_refused(folder: Path, text: str, reason: str) -> None:
    (folder / DESCRIPTION).write_text(text)
    with pytest.raises(BadArtifact, match=reason):
        ChurnModel.load(folder)


def test_a_booster_of_other_features_is_refused(model: ChurnModel, folder: Path) -> None:
    description = json.loads((folder / DESCRIPTION).read_text())
    description["encoding"]["numbers"].append("events_7")
    (folder / DESCRIPTION).write_text(json.dumps(description))
    with pytest.raises(BadArtifact, match=r"takes 3 features, churn\.json names 4"):
        ChurnModel.load(folder).loaded()


def test_rows_without_a_column_of_the_model_are_refused(model: ChurnModel) -> None:
    with pytest.raises(InputError, match=r"the model reads age, which gold\.churn_features does not have"):
        model.probabilities(pa.table({"recency_days": [1], "country": ["Peru"]}))


def test_bytes_that_are_no_booster_are_refused(model: ChurnModel) -> None:
    with pytest.raises(BadArtifact, match="is not a booster of XGBoost"):
        ChurnModel(b"{}", model.encoding, model.calibration, "abc").loaded()
