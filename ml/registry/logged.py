"""A trained model in MLflow: one run with parameters, metrics, manifest, signature, input example, plots and card."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import xgboost as xgb

from ml.evaluation import plots
from ml.evaluation.report import Evaluation
from ml.registry.artifact import ChurnModel
from ml.registry.card import model_card
from ml.registry.versions import FOLDER, register
from ml.training.data import Split
from ml.training.declaration import Offer
from ml.training.fitting import Fitted

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXAMPLES = 5


def logged(client: "MlflowClient", parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> tuple[str, str]:
    """Log and register the model, as challenger; returns the version's number and the run's id."""
    said = fitted.model.said
    with tempfile.TemporaryDirectory(prefix="model-") as aside, mlflow.start_run(run_name="churn") as run:
        folder = Path(aside)
        mlflow.log_params({**said["parameters"], "trees": said["trees"], "calibration": fitted.model.calibration.kind})
        mlflow.log_params({"features": fitted.model.definitions, "cutoffs": len(said["manifest"]["cutoffs"])})
        mlflow.log_metrics(evaluation.metrics())
        (folder / "manifest.json").write_text(json.dumps(said["manifest"], indent=1) + "\n")
        (folder / "model_card.md").write_text(model_card(parts, fitted, evaluation, offer))
        (folder / "plots").mkdir()
        plots.draw(evaluation, folder / "plots")
        _save(fitted.model, evaluation, folder / FOLDER)
        mlflow.log_artifacts(aside)
        run_id = str(run.info.run_id)
        return register(client, folder / FOLDER, run_id), run_id


def _save(model: ChurnModel, evaluation: Evaluation, folder: Path) -> None:
    """MLflow's form of the booster, with signature and input example, and ours beside it."""
    import pandas as pd
    from mlflow.models import infer_signature

    names = [f"feature_{n}" for n in range(len(model.encoding.names))]
    example = pd.DataFrame(evaluation.explained.matrix[:EXAMPLES], columns=names)
    booster = model.loaded()
    signature = infer_signature(example, booster.inplace_predict(example.to_numpy()))
    mlflow.xgboost.save_model(
        booster,
        str(folder),
        model_format="ubj",
        signature=signature,
        input_example=example,
        pip_requirements=[f"xgboost=={xgb.__version__}"],
    )
    model.save(folder)
