"""MLflow as it is set up: a server where the settings name one, else a database and a folder beside the tables."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from libs.errors import InputError
from libs.settings.config import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "churn"
DATABASE = "mlflow.db"
# MLflow's own default of retries, 7, waits for minutes.
SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def local_folder(settings: Settings) -> Path:
    """Where runs and models are kept without a server: with the tables that they were trained on."""
    root = settings.lakehouse_root
    return settings.project_root / "var" / "mlflow" if "://" in root else Path(root) / "_mlflow"


def is_begun(settings: Settings) -> bool:
    """Whether there are runs to look for: a server is asked, but without one nothing is made by who only reads."""
    return settings.mlflow_uri is not None or (local_folder(settings) / DATABASE).is_file()


class MlflowFailed(InputError):
    """MLflow does not answer, or refuses what it is asked; the message is one line that names its address."""


@contextmanager
def tracked(settings: Settings) -> "Iterator[MlflowClient]":
    """A client of MLflow, whose fluent interface then uses the same runs. Raises MlflowFailed, one line, where it does not answer."""
    os.environ.update({name: value for name, value in SETTINGS.items() if name not in os.environ})
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    logging.getLogger("alembic").setLevel(logging.WARNING)
    import mlflow
    from mlflow.exceptions import MlflowException

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    where = _address(settings)
    mlflow.set_tracking_uri(where)
    try:
        client = mlflow.MlflowClient()
        _experiment(client, settings)
        yield client
    except MlflowException as error:
        raise MlflowFailed(f"MLflow at {where} failed: {_said(error)}") from error


def _said(error: Exception) -> str:
    """In one line; of a server that can't be reached not the internals of requests, which MLflow's own text has."""
    from requests import RequestException

    if isinstance(error.__context__, RequestException):
        kind = type(error.__context__).__name__
        return (
            f"it does not answer ({kind}): start it (`make up` the local cluster's), or name another (mlflow_uri of the settings)"
        )
    return str(error).strip().splitlines()[0]


def _address(settings: Settings) -> str:
    if settings.mlflow_uri:
        return settings.mlflow_uri
    folder = local_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / DATABASE}"


def _experiment(client: "MlflowClient", settings: Settings) -> None:
    import mlflow

    if client.get_experiment_by_name(EXPERIMENT) is None:
        artifacts = None if settings.mlflow_uri else (local_folder(settings) / "artifacts").as_uri()
        client.create_experiment(EXPERIMENT, artifact_location=artifacts)
    mlflow.set_experiment(EXPERIMENT)
