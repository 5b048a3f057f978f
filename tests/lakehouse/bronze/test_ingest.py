import gzip
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from lakehouse.bronze import readers
from lakehouse.bronze.ingest import IngestResult, bronze_columns, ingest
from lakehouse.contract.source import Source
from lakehouse.refresh.state import marks
from libs.errors import InputError
from libs.store.spark import SparkStore

SHOP = Source.model_validate(
    {"source": "shop", "tables": {"notes": {"fields": ["id", "text"]}, "rumours": {"fields": ["id"], "optional": True}}}
)
FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


class Shop:
    """A data folder, and a lakehouse that takes its notes."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.data, self.store = spark, folder / "data", SparkStore.at(str(folder / "lake house"), spark)
        self.data.mkdir()

    def take(self, at: datetime = FIRST, table: str = "notes", data: Path | str | None = None) -> IngestResult:
        return ingest(self.spark, self.store, SHOP, table, data or self.data, at)

    def bronze(self) -> list[tuple[str, str, datetime]]:
        rows = self.store.read("bronze.shop_notes").orderBy("id").collect()
        return [(row.id, row._source_file, row._ingested_at.replace(tzinfo=UTC)) for row in rows]


@pytest.fixture
def shop(spark: SparkSession, tmp_path: Path) -> Shop:
    return Shop(spark, tmp_path)


def test_each_file_is_taken_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n2,two\n")
    (shop.data / "notes").mkdir()
    (shop.data / "notes" / "3.csv.gz").write_bytes(gzip.compress(b"text,id\nthree,3\n"))
    assert shop.take() == IngestResult(3, ("3.csv.gz", "notes_1.csv"))

    older = shop.data / "notes_0.csv"
    older.write_text("id,text\n4,four\n")
    os.utime(older, (1e9, 1e9))
    monkeypatch.chdir(shop.data)
    assert shop.take(SECOND, data=".") == IngestResult(1, ("notes_0.csv",))
    assert shop.take(SECOND) == IngestResult(0, ())
    assert shop.bronze() == [
        ("1", "notes_1.csv", FIRST),
        ("2", "notes_1.csv", FIRST),
        ("3", "3.csv.gz", FIRST),
        ("4", "notes_0.csv", SECOND),
    ]
    declared = {c.name: c.type for c in bronze_columns(SHOP, "notes")}
    assert {f.name: f.dataType.simpleString() for f in shop.store.read("bronze.shop_notes").schema} == declared


def test_a_run_that_died_after_its_commit_repeats_its_batch_without_double_rows(shop: Shop) -> None:
    (shop.data / "notes.csv").write_text("id,text\n1,one\n")
    shop.take()
    # What is left when the process is killed between Delta's commit and the stream's own.
    commits = Path(shop.store.root) / "_checkpoints" / "shop_notes" / "commits"
    for file in commits.iterdir():
        file.unlink()
    (shop.data / "notes_2.csv").write_text("id,text\n2,two\n")
    assert shop.take(SECOND) == IngestResult(1, ("notes.csv", "notes_2.csv"))
    assert shop.bronze() == [("1", "notes.csv", FIRST), ("2", "notes_2.csv", SECOND)]


def test_a_broken_file_stops_its_table_in_one_line_until_it_is_fixed(shop: Shop) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    noise = random.Random(1).randbytes(300_000).hex()
    whole = gzip.compress(f"id,text\n2,{noise}\n".encode())
    fixed = shop.data / "notes_2.csv.gz"
    fixed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        InputError, match=r"^notes_2.csv.gz: table notes: the file is cut short, damaged or no CSV: replace or remove"
    ):
        shop.take()
    assert not shop.store.exists("bronze.shop_notes")

    fixed.write_bytes(whole)
    (shop.data / "notes_3.csv").write_text("id,text\n3,three\n")
    assert shop.take(SECOND) == IngestResult(3, ("notes_1.csv", "notes_2.csv.gz", "notes_3.csv"))


def test_json_lines_that_are_cut_on_the_way_are_refused_until_they_are_fixed(shop: Shop) -> None:
    (shop.data / "notes_1.jsonl").write_text('{"id": 1, "text": "one"}\n')
    noise = random.Random(1).randbytes(300_000).hex()
    whole = gzip.compress(f'{{"id": 2, "text": "{noise}"}}\n'.encode())
    fixed = shop.data / "notes_2.jsonl.gz"
    fixed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"^notes_2.jsonl.gz: table notes: the file is cut short, damaged or no JSON lines"):
        shop.take()
    fixed.write_bytes(whole)
    assert shop.take() == IngestResult(2, ("notes_1.jsonl", "notes_2.jsonl.gz"))


def test_parquet_that_is_cut_in_half_is_refused_until_it_is_removed(shop: Shop) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    cut = shop.data / "notes_2.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(1000)], "text": ["x"] * 1000}), cut)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with pytest.raises(InputError, match=r"^notes_2.parquet: table notes: the file is cut short, damaged or no Parquet"):
        shop.take()
    cut.unlink()
    assert shop.take() == IngestResult(1, ("notes_1.csv",))


def test_a_file_without_a_declared_column_is_refused_and_nothing_is_taken(shop: Shop) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    (shop.data / "notes_2.csv").write_text("id,words\n2,two\n")
    with pytest.raises(InputError, match=r"notes_2.csv: table notes has no column text \(it has id, words\)") as raised:
        shop.take()
    assert "\n" not in str(raised.value)
    assert not shop.store.exists("bronze.shop_notes")


def test_files_without_rows_are_taken_and_told(shop: Shop) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n")
    (shop.data / "notes_2.csv").touch()
    assert shop.take() == IngestResult(0, ("notes_1.csv",), ("notes_2.csv: empty, nothing to take",))
    assert shop.bronze() == []


def test_what_is_not_there_is_told_in_one_line(shop: Shop) -> None:
    with pytest.raises(InputError, match=r"no/where: no such folder; name the folder of the data files in DATA"):
        shop.take(data="no/where")
    with pytest.raises(
        InputError, match=r"table notes: no file notes\*.csv or .*: put one there, or name another folder in DATA"
    ):
        shop.take()
    taken = shop.take(table="rumours")
    assert (taken.rows, taken.files) == (0, ())
    assert "the table is optional and was left out" in taken.notes[0]


def test_files_of_a_corrected_reader_are_read_again_as_of_their_arrival_and_others_stay(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    (shop.data / "notes_2.jsonl").write_text('{"id": "2", "text": "two"}\n')
    (shop.data / "notes_3.csv").write_text("id,text\n3,three\n")
    shop.take()
    (shop.data / "notes_1.csv").write_text("id,text\n1,corrected\n4,four\n")
    (shop.data / "notes_2.jsonl").write_text('{"id": "2", "text": "not read again"}\n')
    (shop.data / "notes_3.csv").unlink()
    assert shop.take(SECOND) == IngestResult(0, ())

    monkeypatch.setattr(readers, "READERS", {**readers.READERS, "CSV": 2})
    taken = shop.take(SECOND)

    assert (taken.rows, taken.files) == (2, ())
    assert list(taken.notes) == [
        "files read again by a newer reader: 1",
        "notes_3.csv: read by an older reader, and not in the folder: its rows stay; deliver it under another name",
    ]
    texts = {row.id: row.text for row in shop.store.read("bronze.shop_notes").collect()}
    assert texts == {"1": "corrected", "2": "two", "3": "three", "4": "four"}
    assert {at for _, _, at in shop.bronze()} == {FIRST}
    assert marks(shop.store, ["bronze.shop_notes"])["bronze.shop_notes"].generation == shop.store.version("bronze.shop_notes")
    assert shop.take(SECOND) == IngestResult(0, ())
