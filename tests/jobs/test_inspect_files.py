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


@pytest.mark.usefixtures("job")
def test_what_is_not_there_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "nowhere")]) == 1
    assert main(["--data", str(tmp_path), "--source", "nobody"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "no such folder" in lines[0] and "SOURCE=nobody: not declared" in lines[1]
