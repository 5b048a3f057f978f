"""The models on a generated shop as a whole: trained, scored, promoted, rolled back, and refused where they may not be used."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest

from jobs import (
    estimate_value,
    promote_model,
    recommend_products,
    refresh,
    report,
    run_models,
    score_model,
    train_model,
    watch_drift,
)
from jobs.progress import Progress
from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from libs.engines.opening import opened
from libs.settings.config import load_settings
from libs.store.published import Published
from ml.declared import declared
from ml.drift.declaration import Drift
from ml.evaluation.comparison import Comparison
from ml.evaluation.figures import Figure
from ml.features.manifest import definitions
from ml.registry.tracking import tracked
from ml.registry.versions import CHALLENGER, CHAMPION, number_of
from tests.ml.drift.unchanged_days import fresh, last_days, obeyed, users_of
from tests.ml.posterior import aucs, churn_probabilities, of_models

pytest.importorskip("mlflow")
pytestmark = pytest.mark.only_native
USERS = 1500
# A model for each test would cost more than it shows.
FEW = "training: {trials: 2, rounds: 60, compare_smote: false, resamples: 40}\nchurn: {cutoffs: 6}\n"


@dataclass(frozen=True)
class Made:
    """A lakehouse with a trained and scored model, and what the run printed."""

    root: Path
    printed: str
    environment: dict[str, str]

    def table(self, name: str) -> pd.DataFrame:
        return Published(str(self.root)).arrow(name).to_table().to_pandas()

    def copied(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> "Made":
        """The same at another place, whose variables this process then has."""
        shutil.copytree(self.root, folder / "lakehouse")
        moved = Made(folder / "lakehouse", "", {**self.environment, "LAKEHOUSE_ROOT": str(folder / "lakehouse")})
        for name, value in moved.environment.items():
            monkeypatch.setenv(name, value)
        return moved


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, spark: object) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("models")
    generate(Parameters(users=USERS), folder / "data")
    (folder / "conf").mkdir()
    (folder / "conf" / "models.yaml").write_text(FEW)
    environment = {
        "LAKEHOUSE_ENGINE": "native",
        "LAKEHOUSE_ROOT": str(folder / "lakehouse"),
        "REPORT": str(folder / "report" / "index.html"),
        "CONF": str(folder / "conf"),
    }
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        assert refresh.main(["--data", str(folder / "data")]) == 0
        printed: list[str] = []
        with pytest.MonkeyPatch.context() as heard:
            heard.setattr("jobs.progress.Progress.say", lambda self, line: printed.append(line))
            assert run_models.main([]) == 0
        yield Made(folder / "lakehouse", "\n".join(printed), environment)


def champion() -> str | None:
    with tracked(load_settings()) as client:
        return number_of(client, CHAMPION)


def test_the_first_run_trains_and_scores_every_active_user(made: Made) -> None:
    assert "training: there is no champion" in made.printed
    features, scores = made.table("gold.churn_features"), made.table("gold.churn_scores")
    newest = features[features["cutoff"] == features["cutoff"].max()]
    assert sorted(scores["user_id"]) == sorted(newest["user_id"]) and len(scores) > 100
    assert set(scores["model_version"]) == {"1"} == {champion()}
    assert scores["churn_probability"].between(0, 1).all()


def test_contributions_add_up_to_the_margin_and_reasons_say_which_way_they_point(made: Made) -> None:
    scores = made.table("gold.churn_scores")
    parts = scores[["base_margin", "other_contributions", "contribution_1", "contribution_2", "contribution_3"]].sum(axis=1)
    assert np.abs(parts - scores["margin"]).max() < 1e-4
    sizes = scores[["contribution_1", "contribution_2", "contribution_3"]].abs().to_numpy()
    assert (np.diff(sizes, axis=1) <= 0).all()
    rises = scores["reason_1"].str.endswith("(raises the risk)")
    assert (rises == (scores["contribution_1"] >= 0)).all() and rises.nunique() == 2
    assert scores["reason_1"].str.contains("days since the last day with an event or an order: ").any()


def test_targets_are_the_best_offers_by_the_declared_value(made: Made) -> None:
    scores, targets = made.table("gold.churn_scores"), made.table("gold.retention_targets").sort_values("rank")
    value = (scores.set_index("user_id")["churn_probability"] * 150 * 0.3 - 10).sort_values(ascending=False)
    expected = value[value > 0].head(500)
    assert targets["expected_value"].to_numpy() == pytest.approx(expected.to_numpy())
    assert targets["rank"].tolist() == list(range(1, len(expected) + 1))


def test_the_model_is_near_the_posterior_that_knows_the_planted_laws(made: Made) -> None:
    """Of 1,500 users the model may miss some of it; `python -m tests.ml.posterior` shows it for 20,000."""
    found = aucs(str(made.root))
    features = made.table("gold.churn_features")
    cutoff = made.table("gold.churn_labels")["cutoff"].max()
    users, churned, posterior = churn_probabilities(Published(str(made.root)), cutoff, 30)
    assert len(users) == (features["cutoff"] == cutoff).sum()
    assert found["posterior"] > found["recency"] - 0.01
    assert abs(posterior.mean() - churned.mean()) < 0.08, "it is calibrated where its laws are right"
    said = next(line for line in made.printed.splitlines() if line.startswith("churn_prediction version 1: AUC"))
    assert float(said.split("AUC ")[1].split()[0]) > found["posterior"] - 0.05


def test_the_calibration_error_of_the_published_curve_is_the_one_that_mlflow_has(made: Made) -> None:
    found = of_models(str(made.root))
    with tracked(load_settings()) as client:
        metrics = client.get_run(client.get_model_version("churn_prediction", "1").run_id).data.metrics
    assert found["calibration_error"] == pytest.approx(metrics["calibration_error"])
    assert found["xgboost"] == pytest.approx(metrics["test_roc_auc"])


def test_drift_compares_every_column_that_the_model_reads_and_finds_none_in_unchanged_users(made: Made) -> None:
    drift = made.table("gold.drift")
    assert set(drift["kind"]) == {"feature", "score"} and drift["psi"].ge(0).all()
    assert set(made.table("gold.churn_scores")["scored_at"]) == set(drift["checked_at"])
    assert len(drift) > 40 and (drift["users"] == len(made.table("gold.churn_scores"))).all()
    assert "drift: " not in made.printed


def test_figures_of_the_version_and_its_baselines_are_published(made: Made) -> None:
    found = made.table("gold.model_performance")
    assert set(found["model"]) == {"xgboost", "logistic_regression", "recency"} and set(found["kind"]) == {"held_out"}
    assert (found["low"] <= found["value"]).all() and (found["value"] <= found["high"]).all()
    curves = made.table("gold.model_curves")
    gain = curves[curves["curve"] == "gain"].sort_values("position")
    assert gain["y"].is_monotonic_increasing and gain["y"].iloc[-1] == pytest.approx(1)
    assert (curves[curves["curve"] == "importance"].sort_values("position")["label"].iloc[:5] == "recency_days").any()


def test_what_came_true_of_scores_is_published_once_their_horizon_is_over(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = made.copied(tmp_path, monkeypatch)
    assert refresh.main(["--as-of", "2025-11-20"]) == score_model.main([]) == 0
    assert refresh.main([]) == watch_drift.main([]) == 0

    found = later.table("gold.model_performance")
    realised = found[found["kind"] == "realised"].set_index("metric")
    assert set(realised["cutoff"].astype(str)) == {"2025-11-21"}
    scores, labels = later.table("gold.churn_scores"), later.table("gold.churn_labels")
    both = scores[scores["scored_at"] == pd.Timestamp("2025-11-21", tz="UTC")].merge(
        labels[labels["cutoff"].astype(str) == "2025-11-21"], on="user_id"
    )
    from sklearn.metrics import log_loss, roc_auc_score

    assert realised["value"]["roc_auc"] == pytest.approx(roc_auc_score(both["churned"], both["churn_probability"]))
    assert realised["value"]["log_loss"] == pytest.approx(log_loss(both["churned"], both["churn_probability"]))
    assert (realised["users"] == len(both)).all() and len(both) > 100
    page = (Path(later.environment["REPORT"]).parent / "drift_report.html").read_text()
    assert f"{realised['value']['roc_auc']:.3f} ({realised['low']['roc_auc']:.3f}–{realised['high']['roc_auc']:.3f})" in page


def test_drift_that_was_planted_is_found_within_three_days_and_trains_the_model_anew(
    spark: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(Parameters(users=USERS, drift_from=date(2025, 12, 28)), tmp_path / "data")
    (tmp_path / "models.yaml").write_text(FEW)
    for name, value in {"LAKEHOUSE_ENGINE": "native", "LAKEHOUSE_ROOT": "lakehouse", "REPORT": "index.html", "CONF": ""}.items():
        monkeypatch.setenv(name, value if name == "LAKEHOUSE_ENGINE" else str(tmp_path / value))
    assert refresh.main(["--data", str(tmp_path / "data"), "--as-of", "2025-12-27"]) == run_models.main([]) == 0
    before = Published(str(tmp_path / "lakehouse")).arrow("gold.drift").to_table().to_pandas()
    assert not before["is_alarm"].any(), "what is not planted yet is not found"

    assert refresh.main(["--as-of", "2025-12-30"]) == score_model.main([]) == watch_drift.main([]) == 0

    assert "drift: its scores have drifted" in capsys.readouterr().out
    drift = Published(str(tmp_path / "lakehouse")).arrow("gold.drift").to_table().to_pandas()
    newest = drift[drift["checked_at"] == drift["checked_at"].max()]
    assert {"events_7", "sessions_7", "active_days_7"} <= set(newest[newest["is_alarm"]]["name"])
    assert train_model.main(["--if-needed"]) == 0
    assert "churn_prediction version 2: AUC" in capsys.readouterr().out


def test_days_of_generated_users_alarm_no_more_often_than_declared(made: Made) -> None:
    """Every fifth of 200 days, each against what a model trained on it has, and against what one has that is trained when drift asks for
    it; `python -m tests.ml.drift.unchanged_days` takes all of them."""
    settings = load_settings()
    store = opened(settings, "native", "test")
    days, first = last_days(store, 200)
    users = users_of(store, declared(settings), days[::5], first)
    for way in (fresh, obeyed):
        checks = list(way(users, days[::5], Drift()))
        assert len(checks) == 40 and min(check.users for check in checks) > 100
        assert sum(bool(check.alarms) for check in checks) <= 40 * Drift().false_discoveries
        assert not any(check.asks for check in checks)


def test_a_model_that_drift_does_not_ask_for_is_not_trained(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_model.main(["--if-needed"]) == 0
    assert "training is not needed" in capsys.readouterr().out


def test_the_report_shows_the_models_of_the_newest_run(made: Made, tmp_path: Path) -> None:
    assert report.main(["--out", str(tmp_path / "index.html")]) == 0
    page = (tmp_path / "index.html").read_text()
    best = made.table("gold.retention_targets").sort_values("rank").iloc[0]
    assert "Churn model (XGBoost)" in page and f'<td data-head="User">{best["user_id"]}<' in page
    assert "Lift by tenth of users" in page and "What customers will be worth" in page
    assert made.table("gold.purchase_propensity").empty, "users of the generated data buy what they view within the same session"
    assert "Too few viewed products were bought on a later day to learn from" in page
    assert "0 of " in made.printed and "nothing is learned, gold.purchase_propensity is empty" in made.printed


def test_models_do_not_run_again_where_nothing_is_new(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_models.run_models(load_settings(), Progress(sys.stdout), even_if_nothing_new=False) == 0
    assert capsys.readouterr().out == "models: nothing new since they ran last\n"


def test_the_same_day_scored_twice_changes_nothing(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = made.copied(tmp_path, monkeypatch)
    names = ("gold.churn_features", "gold.churn_scores", "gold.retention_targets")
    before = {name: Published(str(again.root)).version(name) for name in names}
    assert score_model.main([]) == 0
    assert {name: Published(str(again.root)).version(name) for name in names} == before


def test_a_challenger_that_is_no_better_stays_challenger(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_model.main([]) == 0
    assert champion() == "1"
    assert promote_model.main([]) == 1
    assert "version 2 does not become champion: AUC differs by +0.0000" in capsys.readouterr().err
    assert promote_model.main(["--rollback"]) == 1
    assert "has had no other champion" in capsys.readouterr().err
    assert champion() == "1"


def test_a_better_challenger_becomes_champion_and_the_former_one_comes_back(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    better = Comparison(Figure(0.1, 0.05, 0.15), Figure(-0.1, -0.2, -0.05), {})
    monkeypatch.setattr("ml.registry.promotion._compared", lambda *_: better)
    assert train_model.main([]) == promote_model.main([]) == 0
    newest = champion()
    assert newest not in ("1", None)
    assert promote_model.main(["--rollback"]) == 0
    assert champion() == "1" and f"in place of {newest}" in capsys.readouterr().out


def _tampered(folder: Path) -> None:
    (folder / "model.ubj").write_bytes((folder / "model.ubj").read_bytes()[:-1] + b"!")


def _with_pickle(folder: Path) -> None:
    (folder / "python_model.pkl").write_bytes(b"cos\nsystem\n.")


def _described_otherwise(folder: Path) -> None:
    text = (folder / "churn.json").read_text()
    (folder / "churn.json").write_text(text.replace('"definitions": "', '"definitions": "0'))


def _gone(folder: Path) -> None:
    shutil.rmtree(folder)


DAMAGES = {
    "was changed": _tampered,
    "has a pickle": _with_pickle,
    "not those that were registered": _described_otherwise,
    "can't be read": _gone,
}


def test_a_poisoned_challenger_is_refused_and_the_champion_goes_on(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_model.main([]) == 0
    with tracked(load_settings()) as client:
        number = number_of(client, CHALLENGER)
        assert number is not None
        folder = Path(urlparse(client.get_model_version("churn_prediction", number).source).path)
    shutil.copytree(folder, tmp_path / "good")
    for said, damage in DAMAGES.items():
        damage(folder)
        capsys.readouterr()
        assert promote_model.main([]) == 1
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1 and "is refused" in lines[0] and said in lines[0], lines
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "good", folder)
    assert champion() == "1" and score_model.main([]) == 0


def test_a_champion_that_was_changed_does_not_score(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tracked(load_settings()) as client:
        folder = Path(urlparse(client.get_model_version("churn_prediction", str(champion())).source).path)
    names = ("gold.churn_features", "gold.churn_scores", "gold.retention_targets", "gold.drift")
    before = {name: Published(str(made.root)).version(name) for name in names}
    shutil.copytree(folder, tmp_path / "good")
    for said, damage in DAMAGES.items():
        damage(folder)
        for job in (score_model, watch_drift):
            assert job.main([]) == 1
            lines = capsys.readouterr().err.strip().splitlines()
            assert len(lines) == 1 and "churn_prediction version 1 is refused: " in lines[0] and said in lines[0], lines
            assert lines[0].endswith("; run `make rollback`, or `make train` and `make promote`")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "good", folder)
    assert {name: Published(str(made.root)).version(name) for name in names} == before
    assert score_model.main([]) == 0


def test_a_challenger_takes_the_place_of_a_champion_that_may_not_be_used(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = made.copied(tmp_path, monkeypatch)
    shutil.rmtree(copy.root / "_mlflow")
    assert train_model.main([]) == train_model.main([]) == 0
    assert champion() == "1"
    with tracked(load_settings()) as client:
        _tampered(Path(urlparse(client.get_model_version("churn_prediction", "1").source).path))
    assert run_models.main([]) == 1
    assert "scores: left out: churn_prediction version 1 is refused: " in capsys.readouterr().out and champion() == "1"
    assert promote_model.main([]) == 0
    assert "churn_prediction version 1 is refused: " in capsys.readouterr().out and champion() == "3"
    assert run_models.main([]) == 0
    assert score_model.main([]) == 0
    assert promote_model.main(["--rollback"]) == 1
    assert "churn_prediction version 1 is refused: " in capsys.readouterr().err and champion() == "3"


def test_a_champion_of_other_features_does_not_score(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert definitions() != "others"
    monkeypatch.setattr("ml.scoring.score.definitions", lambda: "others")
    assert score_model.main([]) == 1
    assert "was trained on features as they were defined then" in capsys.readouterr().err


def test_scoring_without_a_champion_says_what_to_do(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = made.copied(tmp_path, monkeypatch)
    shutil.rmtree(bare.root / "_mlflow")
    assert score_model.main([]) == 1
    assert capsys.readouterr().err == (
        "score_model: there is no champion of churn_prediction: run `make train`; the first version becomes champion\n"
    )


def test_an_mlflow_that_does_not_answer_is_one_line(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "base.yaml").write_text("mlflow_uri: http://127.0.0.1:9\n")
    (tmp_path / "models.yaml").write_text(FEW)
    monkeypatch.setenv("CONF", str(tmp_path))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = Published(str(made.root)).version("gold.churn_scores")
    assert score_model.main([]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith(
        "score_model: MLflow at http://127.0.0.1:9 failed: it does not answer (ConnectionError): "
    )
    assert Published(str(made.root)).version("gold.churn_scores") == before


def test_what_the_data_do_not_allow_is_said_and_left_out(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = made.copied(tmp_path, monkeypatch)
    shutil.rmtree(bare.root / "_mlflow")
    (tmp_path / "models.yaml").write_text("churn: {step_days: 366, horizon_days: 366}\n")
    monkeypatch.setenv("CONF", str(tmp_path))
    assert train_model.main([]) == 1
    assert "are too short a time: 2 of the 3 cutoffs needed" in capsys.readouterr().err
    assert run_models.main([]) == 0
    printed = capsys.readouterr().out
    assert "churn: left out: " in printed and "scores: left out: there is no champion" in printed


def test_without_any_table_one_line_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(tmp_path / "none"))
    assert run_models.main([]) == 1
    assert capsys.readouterr().err == (
        f"run_models: {tmp_path}/none has none of the tables that models read: run `make demo` or jobs.refresh first\n"
    )
    assert not (tmp_path / "none").exists()


def test_a_declaration_that_is_wrong_is_named_with_its_line(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models.yaml").write_text("churn:\n  horizon_days: 0\n")
    monkeypatch.setenv("CONF", str(tmp_path))
    assert train_model.main([]) == 1
    assert "models.yaml:2: churn.horizon_days: Input should be greater than or equal to 1" in capsys.readouterr().err


def test_a_mistake_in_the_last_section_is_told_before_anything_is_trained_or_written(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = made.copied(tmp_path, monkeypatch)
    shutil.rmtree(bare.root / "_mlflow")
    (tmp_path / "models.yaml").write_text(f"{FEW}purchase: {{}}\nserving:\n  portt: 80\n")
    monkeypatch.setenv("CONF", str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in bare.root.rglob("*")}
    for job in (run_models, train_model, score_model, watch_drift, recommend_products, estimate_value):
        assert job.main([]) == 1
        printed = capsys.readouterr()
        name = job.__name__.removeprefix("jobs.")
        assert printed.err.startswith(f"{name}: {tmp_path}/models.yaml:5: serving.portt: unknown key (known: host, port, ")
        assert len(printed.err.splitlines()) == 1 and printed.out == ""
    assert {path: path.stat().st_mtime_ns for path in bare.root.rglob("*") if path.name != "_lock"} == before


def test_what_a_run_logged_can_be_read_in_mlflow(made: Made) -> None:
    with tracked(load_settings()) as client:
        version: Any = client.get_model_version("churn_prediction", "1")
        run = client.get_run(version.run_id)
        names = {file.path for folder in ("", "plots", "model") for file in client.list_artifacts(version.run_id, folder)}
    assert {
        "manifest.json",
        "model_card.md",
        "plots/shap_summary.png",
        "plots/shap_dependence_1.png",
        "plots/calibration.png",
    } <= names
    assert {"model/MLmodel", "model/model.ubj", "model/churn.json", "model/input_example.json"} <= names
    assert {"test_roc_auc", "test_brier_low", "recency_log_loss", "logistic_regression_average_precision"} <= set(
        run.data.metrics
    )
    assert {"max_depth", "features", "calibration"} <= set(run.data.params)


def test_the_signature_is_logged_and_the_model_card_has_the_baseline_that_drift_is_measured_from(made: Made) -> None:
    from mlflow.artifacts import download_artifacts

    with tracked(load_settings()) as client:
        run_id = client.get_model_version("churn_prediction", "1").run_id
        card, form = (
            Path(download_artifacts(run_id=run_id, artifact_path=f)).read_text() for f in ("model_card.md", "model/MLmodel")
        )
    assert "\nsignature:" in form
    baseline = card.split("## Drift baseline")[1].split("## ")[0]
    for row in made.table("gold.drift").itertuples():
        users, missing = f"{row.reference_users:,}", f"{row.reference_missing_rate:.1%}"
        assert re.search(rf"\| {row.name} \| {users} \| [\d,]+ \| {missing} \| \d+ \|", baseline)
