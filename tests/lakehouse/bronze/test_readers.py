"""A table whose declaration is corrected has its files read again, once, in place of the rows that were read before."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.bronze.ingest import IngestResult, ingest
from lakehouse.bronze.readers import readings_of, state_before
from lakehouse.bronze.rows import bronze_table
from lakehouse.contract.source import Source, SourceTable
from lakehouse.refresh.state import marks
from tests.lakehouse.bronze.arrow_store import arrow_store

FIRST, SECOND, THIRD = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3))
NAME = "bronze.shop_notes"
AGAIN = "files read again, by what reads them now: "


class Shop:
    """A data folder, and a lakehouse that takes its notes as they are declared."""

    def __init__(self, folder: Path) -> None:
        self.data, self.store = folder / "data", arrow_store(str(folder / "lake"))
        self.data.mkdir()

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, at: datetime, **declared: Any) -> IngestResult:
        table = {"files": ["**/notes*.*"], "fields": ["id", "text"], **declared}
        source = Source.model_validate({"source": "shop", "tables": {"notes": table}})
        return ingest(self.store, source, "notes", self.data, at)

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        rows = self.store.arrow(NAME).to_table().to_pylist()
        return sorted((tuple(row[column] for column in columns) for row in rows), key=str)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize(
    ("content", "first", "corrected", "wrong", "right"),
    [
        ("id,text\n1,£\n".encode("latin-1"), {}, {"encoding": "ISO-8859-1"}, ("1", "\ufffd"), ("1", "£")),
        (b'id,text\n1,"a\\"b"\n', {}, {"escape": "\\"}, ("1", 'a\\b"'), ("1", 'a"b')),
        (b"id,text\n1,'a,b'\n", {}, {"quote": "'"}, ("1", "'a"), ("1", "a,b")),
        (b"id,text\nid,text\n1,one\n", {}, {"skip_rows": 1}, None, ("1", "one")),
        (b"id,text,more\n1,one,x\n", {}, {"fields": ["id", {"text": "more"}]}, ("1", "one"), ("1", "x")),
        (b"one,1\n", {"header": False}, {"header": False, "fields": ["text", "id"]}, ("one", "1"), ("1", "one")),
    ],
)
def test_rows_are_those_of_the_corrected_declaration_as_of_their_arrival(
    shop: Shop, content: bytes, first: Any, corrected: Any, wrong: Any, right: Any
) -> None:
    shop.write("notes.csv", content)
    assert shop.take(FIRST, **first).files == ("notes.csv",)
    assert wrong is None or shop.rows("id", "text") == [wrong]

    assert shop.take(SECOND, **corrected).notes == (f"{AGAIN}1",)
    assert shop.rows("id", "text", "_ingested_at", "_batch_id", "_row_number") == [(*right, FIRST, 0, 1)]
    assert marks(shop.store, [NAME])[NAME].generation == shop.store.version(NAME)
    assert shop.take(THIRD, **corrected) == IngestResult(0, ())


def test_only_files_of_the_form_that_the_declaration_is_about_are_read_again(shop: Shop) -> None:
    shop.write("notes.csv", "id,text\n1,one\n")
    shop.write("notes.jsonl", '{"id":"2","text":"two","by":"Ann"}\n')
    pq.write_table(pa.table({"id": ["3"], "text": ["three"], "by": ["Bob"]}), shop.data / "notes.parquet")
    shop.take(FIRST)
    assert shop.take(SECOND, escape="\\").notes == (f"{AGAIN}1",)
    assert shop.take(THIRD, escape="\\", optional_fields=["by"]).notes == (f"{AGAIN}3",)
    assert shop.rows("id", "by", "_extra") == [("1", None, None), ("2", "Ann", None), ("3", "Bob", None)]


def test_what_is_declared_of_other_things_reads_nothing_again() -> None:
    table: dict[str, Any] = {"fields": ["id", "text"]}
    now = readings_of(SourceTable.model_validate(table))
    alike = {"optional": True, "decimal": ",", "fields": ["text", "id"], "encoding": "UTF-8", "files": ["x.csv"]}
    assert readings_of(SourceTable.model_validate(table | alike)) == now


def test_a_file_that_gave_no_rows_is_taken_as_it_would_be_for_the_first_time(shop: Shop) -> None:
    shop.write("notes.csv", "id,text\n1,one\n")
    assert shop.take(FIRST, skip_rows=3) == IngestResult(0, ("notes.csv",), ("notes.csv: nothing but blank lines",))
    assert shop.take(SECOND) == IngestResult(1, ("notes.csv",))
    assert shop.rows("id", "_ingested_at", "_batch_id") == [("1", SECOND, 1)]
    assert shop.take(THIRD) == IngestResult(0, ())


def test_a_file_that_is_gone_is_told_once_and_read_again_when_it_is_back(shop: Shop) -> None:
    content = "id,text\n1,£\n".encode("latin-1")
    file = shop.write("notes_1.csv", content)
    shop.take(FIRST)
    known = file.stat()
    file.unlink()
    shop.write("notes_2.csv", "id,text\n2,£\n".encode("latin-1"))
    taken = shop.take(SECOND, encoding="latin-1")
    told = (
        "notes_1.csv: read by an older reader or declaration, and not in the folder: its rows stay; deliver it under another name"
    )
    assert taken == IngestResult(1, ("notes_2.csv",), (told,))
    assert shop.take(SECOND, encoding="latin-1") == IngestResult(0, ())

    shop.write("notes_1.csv", content)
    os.utime(file, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert shop.take(THIRD, encoding="latin-1").notes == (f"{AGAIN}1",)
    assert shop.rows("id", "text", "_ingested_at") == [("1", "£", FIRST), ("2", "£", SECOND)]


def test_files_of_one_name_in_several_folders_are_read_again_each_in_its_own_batch(shop: Shop) -> None:
    for day, at in (("1", FIRST), ("2", SECOND)):
        shop.write(f"{day}/notes.csv", f"id,text\n{day},£\n".encode("latin-1"))
        shop.take(at)
    shop.write("3/notes.csv", "id,text\n3,£\n".encode("latin-1"))
    shop.write("4/notes.csv", "id,text\n4,£\n".encode("latin-1"))
    shop.take(SECOND)
    gone = shop.data / "4" / "notes.csv"
    gone.unlink()

    taken = shop.take(THIRD, encoding="latin-1")
    assert taken.notes[0] == f"{AGAIN}2"
    assert "notes.csv: not read again: another file of its name, which came with it, is not in the folder" in taken.notes
    assert shop.rows("id", "text", "_ingested_at", "_batch_id") == [
        ("1", "£", FIRST, 0),
        ("2", "£", SECOND, 1),
        ("3", "\ufffd", SECOND, 2),
        ("4", "\ufffd", SECOND, 2),
    ]


def test_of_a_corrected_file_the_newest_contents_are_read_again(shop: Shop) -> None:
    shop.write("notes.csv", "id,text\n1,£\n".encode("latin-1"))
    shop.take(FIRST)
    shop.write("notes.csv", "id,text\n1,££\n".encode("latin-1"))
    shop.take(SECOND)
    assert shop.take(THIRD, encoding="latin-1").notes == (f"{AGAIN}1",)
    assert shop.rows("text", "_batch_id") == [("££", 1), ("\ufffd", 0)]


def test_a_file_that_changes_together_with_the_declaration_is_no_file_that_is_gone(shop: Shop) -> None:
    shop.write("notes.csv", "id,text\n1,one\n")
    shop.take(FIRST)
    shop.write("notes.csv", "id;text\n1;two\n")
    assert shop.take(SECOND, delimiter=";").notes == ("notes.csv: its contents changed: taken again, as a correction",)


def test_what_an_older_version_took_is_read_by_the_declaration_of_then(shop: Shop) -> None:
    shop.write("notes.jsonl", '{"id":"1","text":"one","by":"Ann"}\n')
    shop.take(FIRST)
    state = state_before(shop.store, NAME)
    del state["declared"]
    state["files"] = [{k: v for k, v in file.items() if k not in ("batch", "reading")} for file in state["files"]]
    shop.store.commit(bronze_table(_source(), "notes"), state)
    assert shop.take(SECOND) == IngestResult(0, ())
    assert shop.take(THIRD, optional_fields=["by"]).notes == (f"{AGAIN}1",)
    assert shop.rows("by", "_batch_id") == [("Ann", 0)]


def _source() -> Source:
    return Source.model_validate({"source": "shop", "tables": {"notes": {"fields": ["id", "text"]}}})


def test_declared_text_is_csv_with_the_tables_delimiter(shop: Shop) -> None:
    shop.write("notes.txt", "id|text\n1|a,b\n")
    shop.write("notes.csv", "id|text\n2|c\n")
    undeclared = shop.take(FIRST, delimiter="|", files=["notes*.csv", "notes*"])
    assert undeclared.files == ("notes.csv",)
    assert undeclared.notes[0].startswith("notes.txt: not read: in no form that is read")
    assert shop.take(SECOND, delimiter="|", files=["notes*.csv", "notes*.txt"]) == IngestResult(1, ("notes.txt",))
    assert shop.rows("id", "text", "_source_file") == [("1", "a,b", "notes.txt"), ("2", "c", "notes.csv")]
