"""The main job runs by `spark-submit`; its tables are on the object store and in the Thrift server."""

from decimal import Decimal

import pytest
import s3fs

from libs.store.published import Published
from tests.cluster.running_cluster import Cluster

pytestmark = pytest.mark.cluster


def test_the_thrift_server_reads_what_the_job_wrote(lakehouse: Cluster) -> None:
    rows = Published.of(lakehouse.settings).arrow("gold.revenue_daily").to_table(columns=["net_revenue"]).column(0).to_pylist()

    found = lakehouse.rows("select count(*), sum(net_revenue) from gold.revenue_daily")

    assert len(rows) > 100
    assert found == [(len(rows), sum(rows, Decimal(0)))]


def test_metric_views_answer_through_the_thrift_server(lakehouse: Cluster) -> None:
    assert lakehouse.rows("select sum(net_revenue) from gold.revenue_daily") == lakehouse.rows(
        "select measure(net_revenue) from metrics.revenue"
    )


def test_the_log_of_the_jobs_events_is_on_the_object_store(lakehouse: Cluster) -> None:
    settings = lakehouse.settings
    assert settings.s3 is not None and settings.s3_access_key is not None and settings.s3_secret_key is not None
    store = s3fs.S3FileSystem(
        key=settings.s3_access_key.get_secret_value(),
        secret=settings.s3_secret_key.get_secret_value(),
        endpoint_url=settings.s3.endpoint,
    )

    assert len(store.ls("spark-events")) >= 1


def test_an_unknown_job_is_wrong_usage(cluster: Cluster) -> None:
    ran = cluster.job("jobs.submit", "nothing")

    assert ran.returncode == 1
    assert ran.stderr == "submit: JOB=nothing: no such job; see jobs/\n"
