import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow.dataset
import pyarrow.parquet
import pytest

from jobs.bench import main
from lakehouse.bench import contest
from lakehouse.bench.figures import Difference, Figure
from lakehouse.bench.peer import build
from lakehouse.bench.process import Measured
from lakehouse.bench.sides import Built, Counted

EVENTS = "5000"


class Stand:
    """A stand-in for this project: DuckDB in this process. `spoil` may change its rows."""

    spoil: Callable[[Path], None] = staticmethod(lambda folder: None)
    bought = 1

    def __init__(self, folder: Path, engine: str) -> None:
        self.folder, self.engine = folder / "stand", engine
        self.taken: list[Path] = []

    def build(self, data: Path, as_of: datetime) -> Built:
        if data in self.taken:
            return Built(Measured(1.0, 100.0, ""), {})
        self.taken.append(data)
        seconds = build(self.taken, self.folder, as_of.replace(tzinfo=None), threads=1)
        self.spoil(self.folder)
        layers = {"sessions": "silver", "session_activity_daily": "silver"}
        full = {n if "." in n else f"{layers.get(n, 'gold')}.{n}": s for n, s in seconds.items()}
        return Built(Measured(sum(full.values()), 100.0, ""), full)

    def funnels(self) -> Counted:
        return Counted(Measured(2.0, 100.0, ""), 1.0, {"week": [3, 2, self.bought]})

    def funnels_by_clickhouse(self) -> Counted:
        return Counted(Measured(1.0, 50.0, ""), 0.5, {"week": [3, 2, 1]})

    @property
    def tables(self) -> "Stand":
        return self

    def row_count(self, table: str) -> int:
        return 5000

    def arrow(self, table: str) -> Any:
        return pyarrow.dataset.dataset(str(self.folder / f"{table.split('.')[1]}.parquet"))


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "Ours", Stand)


@pytest.mark.usefixtures("stand")
def test_the_same_rows_end_with_0_and_figures_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "gold", "--events", EVENTS, "--json"], tmp_path) == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures == json.loads((tmp_path / "gold-206-users.json").read_text())
    keys = ["what", "engine", "rows", "ours_s", "peer", "peer_s", "ratio", "ours_peak_mb", "peer_peak_mb", "equal"]
    keys += ["at_most", "remark"]
    assert all(list(figure) == keys for figure in figures)
    assert [f["engine"] for f in figures] == ["native", "spark"] * (len(figures) // 2)
    by_name = {figure["what"]: figure for figure in figures}
    assert by_name["gold.customer_metrics"]["equal"]
    assert by_name["all tables from raw files"]["rows"] > 5000
    funnels = by_name["1 funnels over all days, each actor once"]
    assert (funnels["ratio"], funnels["peer"], funnels["equal"]) == (2.0, "ClickHouse (chdb), 2 threads", True)
    whole = by_name["all tables from raw files"]
    assert whole["ratio"] == pytest.approx(whole["ours_s"] / whole["peer_s"])
    assert not (tmp_path / "work").exists()


def _one_more_order(folder: Path) -> None:
    path = str(folder / "revenue_daily.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute(f"select * replace (orders + 1 as orders) from read_parquet('{path}')").to_arrow_table()
    pyarrow.parquet.write_table(rows, path)


@pytest.mark.usefixtures("stand")
def test_rows_that_differ_end_with_1_and_name_the_table_and_three_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Stand, "spoil", staticmethod(_one_more_order))

    assert main(["--only", "gold", "--events", EVENTS, "--engine", "spark", "--keep"], tmp_path) == 1

    printed = capsys.readouterr()
    assert "bench: gold.revenue_daily: rows differ" in printed.err
    assert printed.err.count("gold.") == 2, "after the base and after the day, and no other table"
    assert printed.err.count("only here: order_date=") + printed.err.count("only peer: order_date=") == 6
    assert "NO " in printed.out
    assert (tmp_path / "work").exists()
    figures = json.loads((tmp_path / "gold-206-users.json").read_text())
    assert [f["what"] for f in figures if f["equal"] is False] == [
        "gold.revenue_daily",
        "all tables from raw files",
        "one more day",
    ]


@pytest.mark.usefixtures("stand")
def test_funnels_that_differ_end_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Stand, "bought", 2)

    assert main(["--only", "gold", "--events", EVENTS, "--engine", "spark"], tmp_path) == 1

    assert (
        "bench: funnels: counts differ, {'week': [3, 2, 2]} here on engine spark and {'week': [3, 2, 1]} in the peer"
        in capsys.readouterr().err
    )


class StandOfModels:
    """A stand-in for the models' benchmark."""

    differences: Sequence[Difference] = ()
    asked: ClassVar[list[tuple[int, int, Sequence[str]]]] = []

    def __init__(self, users: int, rows: int, folder: Path, say: Callable[[str], None], engines: Sequence[str]) -> None:
        self.asked.append((users, rows, engines))

    def run(self) -> tuple[list[Figure], Sequence[Difference]]:
        remark = "AUC 0.8000, of the peer 0.8001"
        return [
            Figure("training", "spark", 400, 3.0, "XGBoost", 2.0, 1.5, equal=True, at_most=2.0, remark=remark)
        ], self.differences


def test_models_alone_print_their_ratios_beside_what_they_are_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("xgboost")
    monkeypatch.setattr("ml.bench.contest.Models", StandOfModels)
    asked = ["--only", "models", "--users", "300", "--rows", "400", "--engine", "native"]

    assert main(asked, tmp_path) == 0

    header, line, remark, *_ = capsys.readouterr().out.splitlines()
    assert header.split()[:9] == ["what", "engine", "rows", "ours", "s", "peer", "s", "ratio", "at"]
    assert line.split() == ["training", "spark", "400", "3.00", "2.00", "1.5", "2.00", "yes", "XGBoost"]
    assert remark == "training, engine spark: AUC 0.8000, of the peer 0.8001"
    assert StandOfModels.asked == [(300, 400, ["native"])]
    assert json.loads((tmp_path / "models-300-users.json").read_text())[0]["ratio"] == 1.5
    monkeypatch.setattr(StandOfModels, "differences", [Difference("training", "AUC differ")])
    assert main(asked, tmp_path) == 1
    assert "bench: training: AUC differ" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--events", "0"], ["--events", "many"], ["--users", "0"], ["--rows", "0"], ["--only", "tables"], ["more"]]
)
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)

    assert exit_status.value.code == 2
