"""The job that estimates customer value, as its user meets it."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.estimate_value import main
from tests.ml.value.lakehouse import QUARTER, Lakehouse, random_lines
from tests.stores import store_at


@pytest.fixture
def filled(spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lakehouse:
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "models.yaml").write_text("value: {horizon_days: 30, min_repeat_buyers: 60}\n")
    for name, value in {"LAKEHOUSE_ROOT": tmp_path, "CONF": conf, "REPORT": tmp_path / "report" / "index.html"}.items():
        monkeypatch.setenv(name, str(value))
    lakehouse = Lakehouse(store_at(str(tmp_path), spark))
    lakehouse.has(QUARTER, random_lines("5"))
    return lakehouse


def test_it_fills_the_table_by_what_is_declared(filled: Lakehouse, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0

    rows = filled.rows("gold.customer_value")
    assert (len(rows), {row["horizon_days"] for row in rows}) == (300, {30})
    assert "gold.customer_value" in capsys.readouterr().out


def test_it_compares_with_days_held_out_on_a_page_and_writes_no_table(
    filled: Lakehouse, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--calibrate"]) == 0
    out = capsys.readouterr().out
    page = tmp_path / "report" / "value_calibration.html"

    assert f"page: {page}" in out and "expected than made" in out
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert not filled.store.exists("gold.customer_value")


def test_the_comparison_as_json(filled: Lakehouse, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--calibrate", "--json", "--out", str(tmp_path / "page.html")]) == 0
    told = json.loads(capsys.readouterr().out)

    assert (told["cutoff"], told["days"], told["page"]) == ("2024-03-02", 30, str(tmp_path / "page.html"))
    assert sum(group["customers"] for group in told["groups"]) > 200


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{horizon: 30}", "models.yaml:1: value.horizon: unknown key"),
        ("{horizon_days: 0}", "models.yaml:1: value.horizon_days: Input should be greater than or equal to 1"),
        ("{interval: 1.5}", "models.yaml:1: value.interval: Input should be less than 1"),
    ],
)
def test_a_declaration_that_is_wrong_is_one_line(
    section: str, said: str, filled: Lakehouse, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "conf" / "models.yaml").write_text(f"value: {section}\n")

    assert main([]) == 1
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_without_a_run_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("LAKEHOUSE_ROOT", str(tmp_path / "nothing"))

    assert main([]) == 1
    assert "run `make demo` or jobs.refresh first" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--json"], ["--out", "page.html"], ["--calibrated"]])
def test_wrong_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
