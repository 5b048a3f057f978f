import gzip
import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from pyspark.sql import SparkSession

from lakehouse.bronze import readers
from lakehouse.bronze.ingest import IngestResult, ingest
from lakehouse.bronze.rows import bronze_columns, bronze_table
from lakehouse.contract.source import Source
from lakehouse.refresh.state import marks
from libs.errors import InputError
from libs.store.port import Store
from libs.store.spark import SparkStore
from tests.lakehouse.bronze.arrow_store import arrow_store

SHOP = Source.model_validate(
    {"source": "shop", "tables": {"notes": {"fields": ["id", "text"]}, "rumours": {"fields": ["id"], "optional": True}}}
)
FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
NAME = "bronze.shop_notes"
DECOMPOSED = "e\u0301"


class Shop:
    """A data folder, and a lakehouse that takes its notes."""

    def __init__(self, folder: Path, at: Callable[[str], Store] = arrow_store) -> None:
        self.data, self.store = folder / "data", at(str(folder / "lake house"))
        self.data.mkdir()

    def take(self, at: datetime = FIRST, table: str = "notes", data: Path | str | None = None) -> IngestResult:
        return ingest(self.store, SHOP, table, data or self.data, at)

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        rows = self.store.arrow(NAME).to_table().to_pylist()
        return sorted(tuple(row[column] for column in columns) for row in rows)

    def bronze(self) -> list[tuple[Any, ...]]:
        return self.rows("id", "_source_file", "_ingested_at")


def _composed(rows: int) -> str:
    """What a run says of so many rows."""
    counted = "1 row" if rows == 1 else f"{rows} rows"
    return f"{counted} with characters in another form of Unicode, such as é as e and an accent: taken in the composed form (NFC)"


def _as_an_older_version_left_it(shop: Shop, committed: list[list[str]], noted: list[list[str]]) -> None:
    """A bronze table that does not say which files it took, and a checkpoint as Spark writes it.

    The names of each batch's files: of those that the stream finished, and of those that it had only begun.
    """
    state = {"consumed": {}, "as_of": None, "code": "files", "generation": 0, "readers": dict(readers.READERS)}
    shop.store.commit(bronze_table(SHOP, "notes"), state)
    checkpoint = Path(shop.store.root) / "_checkpoints" / "shop_notes"
    for number, names in enumerate([*committed, *noted]):
        files = [{"path": (shop.data / name).as_uri(), "timestamp": 1795770836189, "batchId": number} for name in names]
        written = {
            f"sources/0/{number}": [json.dumps(file) for file in files],
            f"offsets/{number}": [
                '{"batchWatermarkMs":0,"batchTimestampMs":1795771117817,"conf":{}}',
                f'{{"logOffset":{number}}}',
            ],
        }
        written |= {f"commits/{number}": ['{"nextBatchWatermarkMs":0}']} if number < len(committed) else {}
        for name, lines in written.items():
            path = checkpoint / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(["v1", *lines]))
            (path.parent / f".{path.name}.crc").write_bytes(b"crc")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def spark_shop(spark: SparkSession, tmp_path: Path) -> Shop:
    return Shop(tmp_path, lambda root: SparkStore.at(root, spark))


@pytest.mark.parametrize("fixture", ["shop", pytest.param("spark_shop", marks=pytest.mark.only_spark)])
def test_a_run_says_how_many_rows_it_put_into_the_composed_form(fixture: str, request: pytest.FixtureRequest) -> None:
    shop: Shop = request.getfixturevalue(fixture)
    (shop.data / "notes_1.csv").write_text(f"id,text\n1,{DECOMPOSED}\n{DECOMPOSED},{DECOMPOSED}\n3,é\n")
    (shop.data / "notes_2.jsonl").write_text(json.dumps({"id": "4", "text": DECOMPOSED}) + '\n{"id": "5"}\n')
    pq.write_table(pa.table({"id": [6, 7], "text": [DECOMPOSED, None]}), shop.data / "notes_3.parquet")
    assert shop.take().notes == (_composed(4),)
    assert shop.take(SECOND).notes == ()
    (shop.data / "notes_4.csv").write_text("id,text\n8,é\n")
    assert shop.take(SECOND).notes == ()
    (shop.data / "notes_5.csv").write_text(f"id,text\n9,{DECOMPOSED}\n")
    assert shop.take(SECOND).notes == (_composed(1),)
    texts = {"1": "é", "é": "é", "3": "é", "4": "é", "5": None, "6": "é", "7": None, "8": "é", "9": "é"}
    assert dict(shop.rows("id", "text")) == texts


def test_files_that_are_read_again_are_counted_again(shop: Shop) -> None:
    """A declaration that was wrong hid the characters."""
    (shop.data / "notes_1.csv").write_text(f"id,text\n1,{DECOMPOSED}\n2,é\n", encoding="utf-8")
    declared = {"fields": ["id", "text"], "encoding": "windows-1252"}
    wrong = Source.model_validate({"source": "shop", "tables": {"notes": declared}})
    assert ingest(shop.store, wrong, "notes", shop.data, FIRST).notes == ()
    assert shop.take(SECOND).notes == ("files read again, by what reads them now: 1", _composed(1))
    assert shop.rows("id", "text") == [("1", "é"), ("2", "é")]


@pytest.mark.parametrize("fixture", ["shop", pytest.param("spark_shop", marks=pytest.mark.only_spark)])
def test_each_file_is_taken_once(fixture: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    shop: Shop = request.getfixturevalue(fixture)
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
    assert shop.rows("id", "text", "_row_number", "_batch_id", "_replaces", "_extra", "_malformed") == [
        ("1", "one", 1, 0, None, None, None),
        ("2", "two", 2, 0, None, None, None),
        ("3", "three", 1, 0, None, None, None),
        ("4", "four", 1, 1, None, None, None),
    ]
    assert shop.store.columns(NAME) == [column.name for column in bronze_columns(SHOP, "notes")]


def test_a_run_that_ends_before_its_commit_is_repeated_as_a_whole(tmp_path: Path) -> None:
    ended = [True]

    def before_commit() -> None:
        if ended:
            raise KeyboardInterrupt(ended.pop())

    shop = Shop(tmp_path, lambda root: arrow_store(root, before_commit))
    (shop.data / "notes.csv").write_text("id,text\n1,one\n")
    with pytest.raises(KeyboardInterrupt):
        shop.take()
    assert shop.take(SECOND) == IngestResult(1, ("notes.csv",))
    assert shop.bronze() == [("1", "notes.csv", SECOND)]


def test_files_are_taken_in_natural_order(shop: Shop) -> None:
    for number in (10, 9, 100):
        (shop.data / f"notes_{number}.csv").write_text(f"id,text\n{number},x\n")
    assert shop.take().files == ("notes_9.csv", "notes_10.csv", "notes_100.csv")


def test_changed_contents_are_taken_as_a_correction_and_untouched_ones_are_not_opened(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shop.data / "notes.csv"
    file.write_text("id,text\n1,one\n")
    (shop.data / "notes_2.csv").write_text("id,text\n2,two\n")
    shop.take()
    file.write_text("id,text\n1,corrected\n")
    (shop.data / "notes_2.csv").chmod(0)
    monkeypatch.setattr(Path, "open", _only_open(file))
    assert shop.take(SECOND) == IngestResult(
        1, ("notes.csv",), ("notes.csv: its contents changed: taken again, as a correction",)
    )
    assert shop.rows("id", "text", "_batch_id") == [("1", "corrected", 1), ("1", "one", 0), ("2", "two", 0)]
    assert shop.take(SECOND) == IngestResult(0, ())


def _only_open(allowed: Path) -> Callable[..., Any]:
    plain = Path.open

    def opened(path: Path, *given: Any, **named: Any) -> Any:
        assert path == allowed
        return plain(path, *given, **named)

    return opened


def test_contents_that_came_before_under_another_name_are_not_taken(shop: Shop) -> None:
    first = shop.data / "notes.csv"
    first.write_text("id,text\n1,one\n")
    (shop.data / "notes_again.csv").write_text("id,text\n1,one\n")
    told = f"notes_again.csv: its contents came before, as {first}: not taken"
    assert shop.take() == IngestResult(1, ("notes.csv",), (told,))
    assert shop.take(SECOND) == IngestResult(0, (), (told,))
    first.unlink()
    assert shop.take(SECOND) == IngestResult(0, (), (told,))
    (shop.data / "notes_again.csv").write_text("id,text\n2,two\n")
    assert shop.take(SECOND) == IngestResult(1, ("notes_again.csv",))
    assert [text for (text,) in shop.rows("text")] == ["one", "two"]


def test_a_file_that_was_only_touched_stays_as_it_is(shop: Shop) -> None:
    file = shop.data / "notes.csv"
    file.write_text("id,text\n1,one\n")
    shop.take()
    os.utime(file, (1e9, 1e9))
    assert shop.take(SECOND) == IngestResult(0, ())
    version = shop.store.version(NAME)
    assert shop.take(SECOND) == IngestResult(0, ()) and shop.store.version(NAME) == version
    assert shop.bronze() == [("1", "notes.csv", FIRST)]


def test_files_that_a_stream_of_an_older_version_took_are_not_taken_again(shop: Shop) -> None:
    (shop.data / "notes 1.csv").write_text("id,text\n1,one\n")
    shop.take()
    _as_an_older_version_left_it(shop, committed=[["notes 1.csv"]], noted=[["notes 2.csv"]])
    (shop.data / "notes 2.csv").write_text("id,text\n2,two\n")

    assert shop.take(SECOND) == IngestResult(1, ("notes 2.csv",))
    assert shop.rows("id", "_batch_id", "_ingested_at") == [("1", 0, FIRST), ("2", 1, SECOND)]
    # From now on the table itself knows.
    (shop.data / "notes 1.csv").write_text("id,text\n1,corrected\n")
    assert shop.take(SECOND).notes == ("notes 1.csv: its contents changed: taken again, as a correction",)
    assert shop.take(SECOND) == IngestResult(0, ())


def test_a_batch_that_a_stream_committed_without_noting_it_is_not_taken_again(shop: Shop) -> None:
    (shop.data / "notes 1.csv").write_text("id,text\n1,one\n")
    shop.take()
    (shop.data / "notes 2.csv").write_text("id,text\n2,two\n")
    shop.take()
    _as_an_older_version_left_it(shop, committed=[["notes 1.csv"]], noted=[["notes 2.csv"]])
    assert shop.take(SECOND) == IngestResult(0, ())


def test_a_replayed_row_does_not_hide_what_a_stream_took(shop: Shop) -> None:
    (shop.data / "notes 1.csv").write_text("id,text\n1,one\n")
    shop.take()
    _as_an_older_version_left_it(shop, committed=[["notes 1.csv"]], noted=[])
    shop.store.commit(bronze_table(SHOP, "notes"), readers.state_after(shop.store, NAME))
    assert shop.take(SECOND) == IngestResult(0, ())


def test_a_broken_file_stops_its_table_in_one_line_until_it_is_fixed(shop: Shop) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    noise = random.Random(1).randbytes(300_000).hex()
    whole = gzip.compress(f"id,text\n2,{noise}\n".encode())
    fixed = shop.data / "notes_2.csv.gz"
    fixed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        InputError, match=r"^notes_2.csv.gz: table notes: the file is cut short or damaged, or no CSV: replace or remove"
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
    with pytest.raises(InputError, match=r"^notes_2.jsonl.gz: table notes: the file is cut short or damaged, or no JSON lines"):
        shop.take()
    fixed.write_bytes(whole)
    assert shop.take() == IngestResult(2, ("notes_1.jsonl", "notes_2.jsonl.gz"))


def test_parquet_that_is_cut_in_half_is_refused_until_it_is_removed(shop: Shop) -> None:
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    cut = shop.data / "notes_2.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(1000)], "text": ["x"] * 1000}), cut)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with pytest.raises(InputError, match=r"^notes_2.parquet: table notes: the file is cut short or damaged, or no Parquet"):
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
    (shop.data / "notes_2.csv").write_text("id,text\n2,two\n")
    assert shop.take(SECOND) == IngestResult(1, ("notes_2.csv",))


def test_files_that_have_nothing_to_take_are_told_in_one_line_for_each_reason_and_tried_again(shop: Shop) -> None:
    for number in range(1, 9):
        (shop.data / f"notes_{number}.csv").touch()
    (shop.data / "notes_9.csv").write_text("\n,\n")
    (shop.data / "notes.xlsx").write_text("PK")
    (shop.data / "notes_10.CSV").write_text("id,text\n1,one\n")
    taken = shop.take()
    assert taken == IngestResult(
        1,
        ("notes_9.csv", "notes_10.CSV"),
        (
            "8 files are empty, with nothing to take: notes_1.csv, notes_2.csv, notes_3.csv, notes_4.csv, notes_5.csv and 3 more",
            "notes_9.csv: nothing but blank lines",
        ),
    )
    for number in (1, 9):
        (shop.data / f"notes_{number}.csv").write_text(f"\nid,text\n{number}0,x\n")
    assert shop.take(SECOND).files == ("notes_1.csv", "notes_9.csv")
    assert [row for (row,) in shop.rows("id")] == ["1", "10", "90"]


def test_where_no_file_is_a_tables_those_that_are_there_are_named(shop: Shop) -> None:
    (shop.data / "notes.xlsx").touch()
    with pytest.raises(
        InputError, match=r"table notes: no file notes\*.csv or .* \(what fits no table: notes.xlsx\): put one there"
    ):
        shop.take()


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


@pytest.mark.parametrize("fixture", ["shop", pytest.param("spark_shop", marks=pytest.mark.only_spark)])
def test_files_of_a_corrected_reader_are_read_again_as_of_their_arrival_and_others_stay(
    fixture: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop: Shop = request.getfixturevalue(fixture)
    (shop.data / "notes_1.csv").write_text("id,text\n1,one\n")
    (shop.data / "notes_2.jsonl").write_text('{"id": "2", "text": "two"}\n')
    (shop.data / "notes_3.csv").write_text("id,text\n3,three\n")
    shop.take()
    (shop.data / "notes_1.csv").write_text("id,text\n1,corrected\n")
    shop.take(SECOND)
    (shop.data / "notes_3.csv").unlink()
    _as_a_faulty_reader_left_it(shop)

    monkeypatch.setattr(readers, "READERS", {**readers.READERS, "CSV": readers.READERS["CSV"] + 1})
    taken = shop.take(SECOND)

    assert (taken.rows, taken.files) == (1, ())
    assert list(taken.notes) == [
        "files read again, by what reads them now: 1",
        "notes_3.csv: read by an older reader or declaration, and not in the folder: its rows stay; deliver it under another name",
    ]
    assert shop.rows("id", "text", "_ingested_at", "_batch_id") == [
        ("1", "corrected", SECOND, 1),
        ("1", "garbled", FIRST, 0),
        ("2", "garbled", FIRST, 0),
        ("3", "garbled", FIRST, 0),
    ]
    assert shop.store.columns(NAME)[-1] == "_row_number"
    assert marks(shop.store, [NAME])[NAME].generation == shop.store.version(NAME)
    assert shop.take(SECOND) == IngestResult(0, ())


def _as_a_faulty_reader_left_it(shop: Shop) -> None:
    """All texts wrong, in a table of an older version, which had no row numbers."""
    rows = shop.store.arrow(NAME).to_table().drop_columns(["_row_number"])
    faulty = rows.set_column(1, "text", pa.repeat("garbled", len(rows)))
    write_deltalake(shop.store.path(NAME), faulty, mode="overwrite", schema_mode="overwrite")
