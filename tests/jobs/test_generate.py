import json
from pathlib import Path

import pytest

from jobs.generate import main


def test_writes_the_files_and_tells_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path / "export"), "--users", "50"]) == 0

    printed = capsys.readouterr()
    assert "distribution_centers           10 rows" in printed.out
    assert "50 of 50 users" in printed.err
    assert (tmp_path / "export" / "events-00000.csv").is_file()


def test_json_is_the_truth_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path / "export"), "--users", "50", "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "export" / "truth" / "truth.json").read_text(encoding="utf-8"))
    assert printed == {"out": str(tmp_path / "export"), **written}


def test_arguments_reach_the_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--users 40 --seed 3 --start 2024-01-01 --end 2024-03-01 --format parquet --late 5 --duplicates 6"
    more = "--malformed 7 --split-from 2024-02-01 --json"

    assert main(["--out", str(tmp_path / "export"), *arguments.split(), *more.split()]) == 0

    truth = json.loads(capsys.readouterr().out)
    asked = {"users": 40, "seed": 3, "start": "2024-01-01", "end": "2024-03-01", "split_from": "2024-02-01"}
    assert asked.items() <= truth["parameters"].items()
    assert truth["late_events"] == 5
    assert sum(table["exact_duplicates"] for table in truth["tables"].values()) == 6
    assert sum(sum(table["malformed"].values()) for table in truth["tables"].values()) == 7
    assert (tmp_path / "export" / "base" / "users-00000.parquet").is_file()


def test_product_events_are_written_in_the_form_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--out", str(tmp_path / "export"), "--source", "product_events", "--users", "40", "--format", "jsonl"]
    assert main(arguments) == 0

    rows = [json.loads(line) for line in (tmp_path / "export" / "product_events-00000.jsonl").read_text().splitlines()]
    assert {"event_id", "user_id", "anonymous_id", "event_type", "timestamp"} <= {name for row in rows for name in row}
    assert "product_events" in capsys.readouterr().out


def test_a_folder_with_files_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").touch()

    assert main(["--out", str(tmp_path)]) == 2

    message = capsys.readouterr().err
    assert message == f"generate: --out: {tmp_path} is not empty: name another folder or empty it\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["--out", "x", "--users", "0"], ["--out", "x", "--late", "1.5"], ["--out", "x", "--end", "tomorrow"]],
)
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)

    assert exit_status.value.code == 2


def test_a_folder_that_cannot_be_made_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert main(["--out", str(tmp_path / "file" / "export"), "--users", "1"]) == 1

    assert capsys.readouterr().err.count("\n") == 1
