"""`make inspect`: what a user sees of a folder before any of it is taken."""

import json
from pathlib import Path

import pytest

from jobs.inspect_files import main
from tests.jobs.whole_runs import Job

pytestmark = pytest.mark.only_native


def test_a_folder_is_shown_and_nothing_is_written(job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "product_events.csv").write_text("event_id,user_id,event_type,timestamp\na,u,view,2026-03-01\nb,u,view,soon\n")
    (data / "prices.csv").write_text("sku;price\n1;2,50\n")
    before = sorted(tmp_path.rglob("*"))

    assert main(["--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert "product_events.csv: 1 of 2 rows would be rejected for silver.events: bad_occurred_at 1" in said
    assert 'decimal: ","' in said and said.index("prices") < said.index("source: mysource")

    assert main(["--data", str(data), "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert {file["path"]: file["source"] for file in seen["files"]} == {
        "prices.csv": None,
        "product_events.csv": "product_events",
    }
    assert sorted(tmp_path.rglob("*")) == before


def test_amounts_are_judged_by_the_declared_rates(job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [f"{n},u,purchase,2026-03-01,5,{currency}" for n, currency in enumerate(("USD", "JPY", "GBP"))]
    (data / "product_events.csv").write_text("\n".join(["event_id,user_id,event_type,timestamp,amount,currency", *rows, ""]))
    (job.folder / "conf" / "rates.csv").write_text("day,from,to,rate\n2026-03-01,JPY,USD,0.0067\n")

    assert main(["--data", str(data), "--source", "product_events"]) == 0
    assert "product_events.csv: 1 of 3 rows would be rejected for silver.events: no_rate 1" in capsys.readouterr().out


@pytest.mark.usefixtures("job")
def test_what_is_not_there_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "nowhere")]) == 1
    assert main(["--data", str(tmp_path), "--source", "nobody"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "no such folder" in lines[0] and "SOURCE=nobody: not declared" in lines[1]
