"""A folder is looked at: each file is what it is, and nothing is written."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.loading import load_source
from lakehouse.inspection.judged import judged
from lakehouse.inspection.looking import FolderSeen, looked_at
from lakehouse.inspection.proposal import proposed
from lakehouse.inspection.shown import shown
from libs.errors import InputError
from libs.settings.config import Settings
from libs.settings.project import PROJECT_ROOT

EVENTS = load_source(PROJECT_ROOT / "conf" / "sources" / "product_events.yaml")
HEADER = "event_id,user_id,event_type,timestamp,amount\n"


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def seen(folder: Path, files: dict[str, str | bytes]) -> FolderSeen:
    return looked_at(written(folder, files), [EVENTS])


def test_files_of_a_source_are_shown_with_table_form_columns_and_rows(tmp_path: Path) -> None:
    rows = "a,u1,view,2026-03-01 10:00:00,\nb,u1,purchase,2026-03-01 10:05:00,2.50\n"
    (file,) = seen(tmp_path, {"product_events_1.CSV.GZ": gzip.compress((HEADER + rows).encode())}).files
    assert (file.source, file.table, file.form, file.rows, file.malformed) == ("product_events", "events", "CSV", 2, 0)
    columns = {column.name: (column.kind.name, column.empty) for column in file.columns}
    assert columns["timestamp"] == ("time", 0.0) and columns["amount"] == ("number", 0.5) and columns["device"] == ("empty", 1.0)
    assert file.sample[1]["event_type"] == "purchase"
    assert list(file.advice) == []


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (
            HEADER.replace("amount", "Amount") + "a,u1,view,2026-03-01,5\n",
            "Amount is not the declared amount: name it in the table's `optional_fields`, as `- {amount: Amount}`, "
            "or rename it in the file",
        ),
        ((HEADER + "é,u1,view,2026-03-01,\n").encode("latin-1"), "encoding: ISO-8859-1 (declared is UTF-8)"),
        ((HEADER + "“,u1,view,2026-03-01,\n").encode("cp1252"), "encoding: windows-1252 (declared is UTF-8)"),
        (HEADER + '"{\\"a\\":1}",u1,view,2026-03-01,\n', r"escape: '\\' (declared is None)"),
        (HEADER + "a,u1,view,3/14/2026 9:05,\n", "date_form: M/d/yyyy[ H:mm[:ss]] for timestamp"),
        (HEADER + 'a,u1,view,2026-03-01,"1.234,50"\n', "decimal: ',', thousands: '.' for amount"),
    ],
)
def test_what_a_table_declares_otherwise_than_a_file_looks_is_told(tmp_path: Path, content: str | bytes, advice: str) -> None:
    (file,) = seen(tmp_path, {"product_events.csv": content}).files
    assert list(file.advice) == [advice]


@pytest.mark.parametrize("name", ["Ann", "Zoë"])
def test_an_encoding_that_reads_the_file_alike_is_no_reason_to_declare_another(tmp_path: Path, name: str) -> None:
    table = EVENTS.tables["events"].model_copy(update={"encoding": "windows-1252"})
    declared = EVENTS.model_copy(update={"tables": {"events": table}})
    rows = (HEADER + f"{name},u1,view,2026-03-01,5\n").encode()

    (file,) = looked_at(written(tmp_path, {"product_events.csv": rows}), [declared]).files

    assert list(file.advice) == ([] if name == "Ann" else ["encoding: UTF-8 (declared is windows-1252)"])


def test_a_file_that_can_not_be_taken_is_told_and_the_others_are_looked_at(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "product_events_1.csv": "id;when\n1;2\n",
        "product_events_2.parquet": b"PAR1 and no more",
        "product_events_3.csv": "",
        "product_events_4.jsonl": '{"event_id":"a","user_id":"u","event_type":"view","timestamp":"2026-03-01"}\n',
        "notes.xlsx": "PK",
        "readme": "x",
    }
    folder = seen(tmp_path, files)
    faults = {file.path: file.fault for file in folder.files}
    assert str(faults["product_events_1.csv"]).startswith("product_events_1.csv: table events has no column event_id")
    assert "cut short or damaged" in str(faults["product_events_2.parquet"])
    assert faults["product_events_3.csv"] == "product_events_3.csv: empty, nothing to take"
    assert faults["product_events_4.jsonl"] is None
    assert [line.split(":")[0] for line in folder.left_out] == ["notes.xlsx", "readme"]
    with pytest.raises(InputError, match="no such folder"):
        looked_at(tmp_path / "nowhere", [EVENTS])


def test_files_that_no_source_takes_are_read_as_they_look_and_a_declaration_is_proposed_that_reads_them(tmp_path: Path) -> None:
    sales = "Report\nOrder No;Order Date;Customer;Total €\n1;14.03.2026 9:05;u1;1.234,50\n2;15.03.2026 10:00;u2;3,00\n"
    written(tmp_path / "data", {"Sales-2026-03.csv": sales.encode("cp1252")})
    table = pa.table({"event_id": ["a"], "eventName": ["view"], "time": pa.array([0], pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "data" / "clicks.parquet")
    folder = looked_at(tmp_path / "data", [EVENTS])
    text = proposed(folder.files)
    assert text is not None
    (tmp_path / "mysource.yaml").write_text(text)
    source = load_source(tmp_path / "mysource.yaml", tmp_path)
    declared = source.tables["sales"]
    assert (declared.encoding, declared.delimiter, declared.skip_rows, declared.decimal) == ("windows-1252", ";", 1, ",")
    assert declared.thousands == "." and declared.date_form == ("d.M.yyyy[ H:mm[:ss]]",)
    assert dict(declared.fields)["Total"] == "Total €"
    assert set(declared.feeds) == {"orders"} and set(source.tables["clicks"].feeds) == {"events"}
    again = looked_at(tmp_path / "data", [source])
    assert sorted((f.table, f.rows, f.malformed, f.fault) for f in again.files) == [("clicks", 1, 0, None), ("sales", 2, 0, None)]
    assert not any(f.advice for f in again.files)


@pytest.mark.only_native
def test_what_would_be_rejected_is_what_the_contract_says(tmp_path: Path, spark: SparkSession, settings: Settings) -> None:
    bad = "b,u1,view,yesterday,\n,u1,view,2026-03-01,\nd,u1,view,2026-03-01,-1\ne,u1\n"
    files: dict[str, str | bytes] = {"product_events.csv": HEADER + "a,u1,view,2026-03-01 10:00:00,\n" + bad}
    before = sorted(tmp_path.rglob("*"))
    folder = looked_at(written(tmp_path, files), [EVENTS], lambda rows, source, table: judged(rows, source, table, settings))
    (file,) = folder.files
    assert file.rejected["silver.events"] == {
        "rows": 4,
        "bad_occurred_at": 1,
        "missing_event_id": 1,
        "negative_amount": 1,
        "malformed_row": 1,
    }
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "product_events.csv"]
    text = shown(folder, None)
    assert "product_events.csv: 4 of 5 rows would be rejected for silver.events: " in text
    assert len(text.splitlines()[0]) < 110
    assert json.dumps(file.rejected)
