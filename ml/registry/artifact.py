"""A churn model in a folder: XGBoost's booster as UBJSON, and beside it what is needed to use it, as JSON. No pickle.

    model.ubj      the booster
    churn.json     encoding, calibration, threshold, definitions of the features, cutoffs, and the digest of model.ubj

MLflow's own files (MLmodel, requirements) are beside them; nothing is loaded from those.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from libs.errors import UserError
from ml.evaluation.calibration import Calibration
from ml.training.encoding import Encoding, Matrix

if TYPE_CHECKING:
    import xgboost as xgb

BOOSTER, DESCRIPTION = "model.ubj", "churn.json"
PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt")
FORM = 1


class BadArtifact(UserError):
    """A folder that is not a model which may be used; the message is one line."""


@dataclass(frozen=True)
class ChurnModel:
    """A trained model. `said` is what is known of its training, as JSON values: cutoffs, parameters, manifest, threshold."""

    booster: bytes
    encoding: Encoding
    calibration: Calibration
    definitions: str
    said: Mapping[str, Any] = field(default_factory=dict)

    def loaded(self) -> "xgb.Booster":
        """The booster, for one thread. Raises BadArtifact where it is none, or has another number of features."""
        import xgboost as xgb

        try:
            model = xgb.Booster({"nthread": 1})
            model.load_model(bytearray(self.booster))
        except xgb.core.XGBoostError as error:
            raise BadArtifact(f"{BOOSTER} is not a booster of XGBoost: {str(error).strip().splitlines()[-1]}") from None
        if model.num_features() != len(self.encoding.names):
            raise BadArtifact(f"{BOOSTER} takes {model.num_features()} features, {DESCRIPTION} names {len(self.encoding.names)}")
        return model

    def probabilities(self, rows: pa.Table) -> NDArray[np.float64]:
        """The calibrated probability that each row of `gold.churn_features` leaves."""
        return self.of_matrix(self.encoding.matrix(rows))

    def of_matrix(self, matrix: Matrix) -> NDArray[np.float64]:
        """The same of rows that are encoded already."""
        return self.calibration(self.loaded().inplace_predict(matrix, predict_type="margin", missing=np.nan))

    def save(self, folder: Path) -> None:
        """Write it into `folder`, which exists."""
        (folder / BOOSTER).write_bytes(self.booster)
        description = {
            "form": FORM,
            "sha256": hashlib.sha256(self.booster).hexdigest(),
            "encoding": self.encoding.packed(),
            "calibration": self.calibration.packed(),
            "definitions": self.definitions,
            "said": dict(self.said),
        }
        (folder / DESCRIPTION).write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "ChurnModel":
        """Read what `save` wrote. Raises BadArtifact where a file is missing, was changed, or is a pickle."""
        _refuse_pickles(folder)
        booster, description = _bytes(folder / BOOSTER), _described(folder / DESCRIPTION)
        if description.get("form") != FORM:
            raise BadArtifact(f"{DESCRIPTION} is of form {description.get('form')}, this version reads form {FORM}")
        if hashlib.sha256(booster).hexdigest() != description.get("sha256"):
            raise BadArtifact(f"{BOOSTER} is not what {DESCRIPTION} says: it was changed after it was saved")
        try:
            encoding = Encoding.unpacked(description["encoding"])
            calibration = Calibration.unpacked(description["calibration"])
            return cls(booster, encoding, calibration, str(description["definitions"]), description["said"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadArtifact(f"{DESCRIPTION} is incomplete: {error!r}") from None


def content_digest(folder: Path) -> str:
    """A digest of the files that a model is loaded from."""
    whole = hashlib.sha256()
    for name in (BOOSTER, DESCRIPTION):
        whole.update(hashlib.sha256(_bytes(folder / name)).digest())
    return whole.hexdigest()


def _refuse_pickles(folder: Path) -> None:
    found = sorted(path.name for path in folder.rglob("*") if path.suffix.lower() in PICKLES)
    if found:
        raise BadArtifact(f"it has a pickle ({', '.join(found)}), which could run code when it is loaded")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadArtifact(f"it has no {path.name}") from None


def _described(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(path))
    except ValueError:
        raise BadArtifact(f"{path.name} is not JSON") from None
    if not isinstance(found, dict):
        raise BadArtifact(f"{path.name} is not an object")
    return found
