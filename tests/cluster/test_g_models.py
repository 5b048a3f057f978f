"""A small model is trained on the two workers, stored in the object store, registered, and scored with in executors."""

import json
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from libs.chromium import chromium
from libs.store.place import object_store
from ml.registry.pages import runs, versions
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


@pytest.mark.browser
def test_its_run_and_its_version_are_seen_in_mlflows_pages(cluster: Cluster) -> None:
    """After the model above was trained."""
    address = str(cluster.settings.mlflow_uri)
    mlflow.set_tracking_uri(address)
    experiment = MlflowClient().get_experiment_by_name("smoke")
    assert experiment is not None
    [newest, *_] = MlflowClient().search_runs([experiment.experiment_id])

    def seen() -> tuple[int, str]:
        with chromium("a page of MLflow") as new_page:
            shown = runs(new_page, address, experiment.experiment_id, str(newest.info.run_name))
            links = shown.locator(f"a[href*='{newest.info.run_id}']").count()
            return links, versions(new_page, address, "smoke", "1").inner_text("body")

    # In a thread of its own: this one's Playwright has the browser of the dashboards.
    with ThreadPoolExecutor(1) as alone:
        links, registered = alone.submit(seen).result()
    assert links and "champion" in registered
