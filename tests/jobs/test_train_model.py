"""What a training's user reads where the data or MLflow do not allow it: one line, and no version, score or figure is written."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from pyspark.sql import SparkSession

from jobs import run_models, score_model, train_model
from lakehouse.gold import user_activity_daily
from lakehouse.silver import events, order_items, products, users
from libs.locks.lease import lease
from libs.settings.config import load_settings
from libs.store.port import Store
from libs.tables import Table
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, by_alias, number_of
from tests.jobs.whole_runs import Job
from tests.lakehouse.random_rows import Row, at, event, frame
from tests.stores import store_at

pytest.importorskip("mlflow")
pytestmark = pytest.mark.only_native
# Cutoffs are 2 April, 2 May and 1 June.
AS_OF = date(2025, 7, 1)
QUICK = "training: {trials: 0, rounds: 20, compare_smote: false, resamples: 20}\nchurn: {cutoffs: 3}\n"
Visits = Mapping[str, Sequence[date]]
Publish = Callable[..., Store]


def days(first: str, last: str, step: int) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range(0, (end - start).days + 1, step)]


@pytest.fixture
def publish(job: Job, spark: SparkSession) -> Publish:
    """Publishes visits of users, who are of a country, as of a day; no user has an age."""
    (job.folder / "conf" / "models.yaml").write_text(QUICK)

    def made(visits: Visits, as_of: date = AS_OF, country: Callable[[str], str] = lambda _: "Peru") -> Store:
        store = store_at(str(job.root), spark)
        seen = [(user, day) for user, of in visits.items() for day in of if day < as_of]
        of_events = [
            event(f"{day} 10:00", event_id=f"{user} {day}", user_id=user, session_id=f"{user} {day}", product_id="p")
            for user, day in seen
        ]
        of_users = [{"user_id": user, "created_at": at("2025-01-01 00:00"), "country": country(user)} for user in visits]
        tables: list[tuple[Table, Sequence[Row]]] = [
            (events.TABLE, of_events),
            (users.TABLE, of_users),
            (products.TABLE, [{"product_id": "p", "category": "Jeans"}]),
            (order_items.TABLE, []),
            (user_activity_daily.TABLE, [{"user_id": user, "activity_date": day, "events": 1} for user, day in seen]),
        ]
        for table, rows in tables:
            store.overwrite(table, frame(spark, table, *rows), {"as_of": f"{as_of}T00:00:00+00:00"})
        return store

    return made


def versions(job: Job) -> int:
    with tracked(load_settings()) as client:
        return len(client.search_model_versions("name = 'churn_prediction'"))


@pytest.mark.parametrize(
    ("visits", "said"),
    [
        (
            {f"u{n}": days("2025-02-01", "2025-06-30", 10) for n in range(30)},
            "no user has left after the cutoff 2025-04-02, of 30:",
        ),
        (
            {f"u{n}": [date(2025, 3, 20), date(2025, 5, 20)][n % 2 : n % 2 + 1] for n in range(30)},
            "every user has left after the cutoff 2025-04-02, of 15:",
        ),
        ({"u": [date(2025, 1, 15), date(2025, 6, 20)]}, "nobody was active before the cutoff 2025-04-02:"),
        ({"u": [date(2025, 6, 15)]}, "facts from 2025-06-15 to 2025-07-01 are too short a time: 0 of the 3 cutoffs needed"),
        ({}, "gold.user_activity_daily has no rows:"),
    ],
    ids=["nobody leaves", "everybody leaves", "nobody is judged", "cutoffs before the data", "no facts"],
)
def test_data_that_nothing_can_be_learned_from(
    visits: Visits, said: str, publish: Publish, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    store = publish(visits)
    assert train_model.main([]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("train_model: ") and said in lines[0], lines
    assert versions(job) == 0 and not store.exists("gold.model_performance")

    assert run_models.main([]) == 0
    printed = capsys.readouterr()
    assert said in printed.out and "scores: left out: there is no champion" in printed.out and printed.err == ""
    assert f"recommendations: left out: {job.root} has no gold.product_interest_daily: run" in printed.out
    assert versions(job) == 0 and not store.exists("gold.churn_scores")


def of_both_kinds(count: int) -> Visits:
    """Half of the users stop at a day of their own."""
    draw = np.random.default_rng(3)
    ends = [date(2025, 7, 20) if n % 2 else date(2025, 3, 1) + timedelta(days=int(draw.integers(0, 110))) for n in range(count)]
    return {f"u{n}": days("2025-02-01", str(end), 6 + n % 5) for n, end in enumerate(ends)}


def test_a_feature_that_nobody_has_is_left_out_and_a_country_that_is_new_is_scored(
    publish: Publish, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    visits = of_both_kinds(120)
    publish(visits)
    assert train_model.main([]) == 0
    with tracked(load_settings()) as client:
        encoding = by_alias(client, CHAMPION).model.encoding
    assert "age" not in encoding.reads and {"recency_days", "country"} <= set(encoding.reads)
    assert encoding.values["country"] == ["Peru"]

    store = publish(visits, as_of=date(2025, 7, 15), country=lambda user: "Chad" if user.endswith("1") else "Peru")
    capsys.readouterr()
    assert score_model.main([]) == 0
    assert capsys.readouterr().err == ""
    scores = store.arrow("gold.churn_scores").to_table().to_pandas()
    assert scores["user_id"].str.endswith("1").sum() > 3
    assert scores["churn_probability"].between(0, 1).all()


def test_an_mlflow_that_does_not_answer_ends_a_training_before_anything_is_written_and_is_tried_again(
    publish: Publish, job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = job.folder / "conf" / "base.yaml"
    settings = base.read_text()
    base.write_text(f"{settings}mlflow_uri: http://127.0.0.1:9\n")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    store = publish(of_both_kinds(120))
    assert train_model.main([]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith(
        "train_model: MLflow at http://127.0.0.1:9 failed: it does not answer (ConnectionError): "
    ), lines
    assert not store.exists("gold.churn_features")

    assert run_models.main([]) == 1
    printed = capsys.readouterr().out
    assert "churn: left out: MLflow at http://127.0.0.1:9 failed" in printed and "scores: left out: MLflow" in printed
    assert "value: " in printed or store.exists("gold.customer_value"), "what needs no MLflow has run"
    assert not (job.root / run_models.MARK).exists(), "the next run does not take it for done"


def test_of_two_trainings_at_once_one_waits_and_then_says_who_trains(
    publish: Publish, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    base = job.folder / "conf" / "base.yaml"
    base.write_text(base.read_text().replace("lock_wait_seconds: 240", "lock_wait_seconds: 0.1"))
    store = publish(of_both_kinds(120))
    with lease(job.root, "train_model", 0):
        assert train_model.main([]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"train_model: {job.root} is in use by train_model") and len(printed.err.splitlines()) == 1
    assert not store.exists("gold.churn_features") and not (job.root / "_mlflow").exists()

    assert train_model.main([]) == 0
    with tracked(load_settings()) as client:
        assert number_of(client, CHAMPION) == "1"
