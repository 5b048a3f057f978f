"""A small model is trained on the two workers, stored in the object store, registered, and scored with in executors."""

import json

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from libs.store.place import object_store
from tests.cluster.running_cluster import Cluster

pytestmark = pytest.mark.cluster


def test_a_model_is_trained_registered_and_scored_on_the_workers(cluster: Cluster) -> None:
    ran = cluster.job("jobs.submit", "smoke_model")

    assert ran.returncode == 0, ran.stderr[-3000:]
    printed = json.loads(ran.stdout.splitlines()[-1])
    assert printed["accuracy"] > 0.95
    assert printed["executors"] == 2
    mlflow.set_tracking_uri(str(cluster.settings.mlflow_uri))
    version = MlflowClient().get_model_version_by_alias("smoke", "champion")
    assert str(version.version) == str(printed["version"])
    assert any(path.endswith(".ubj") for path in object_store(cluster.settings).find("mlflow"))
