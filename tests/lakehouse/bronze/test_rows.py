import os
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakehouse.bronze.files import Files
from lakehouse.bronze.rows import Arrival, FileRows, bronze_table, told_by_engine
from lakehouse.contract.source import Source
from libs.errors import InputError
from libs.settings.settings import S3Settings
from libs.store.arrow_rows import arrow_schema

SHOP = Source.model_validate({"source": "shop", "tables": {"notes": {"fields": ["id", "text"]}}})
SCHEMA = arrow_schema(bronze_table(SHOP, "notes"))
ARRIVAL = Arrival(datetime(2026, 1, 1, tzinfo=UTC), 7, 3)


def rows_of(file: Path) -> FileRows:
    return FileRows(Files(), "notes", SHOP.tables["notes"], SCHEMA).of([(Files().look(str(file)), ARRIVAL)])


def test_another_process_makes_the_rows_that_the_bronze_table_has(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("text,id\none,1\n")
    rows: FileRows = pickle.loads(pickle.dumps(rows_of(file)))
    (batch,) = (batch for batch in rows(str(file)) if batch.num_rows)
    assert batch.schema == SCHEMA
    assert batch.to_pylist() == [
        {
            "id": "1",
            "text": "one",
            "_extra": None,
            "_malformed": None,
            "_composed": False,
            "_source_file": "notes.csv",
            "_file_number": 3,
            "_row_number": 1,
            "_ingested_at": ARRIVAL.at,
            "_batch_id": 7,
            "_replaces": None,
        }
    ]


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("id,text\n1,one\n")
    rows = rows_of(file)
    os.utime(file, (1e9, 1e9))
    with pytest.raises(InputError, match=r"^notes.csv: table notes: the file changed while it was read: run again$"):
        list(rows(str(file)))


def test_the_key_of_an_object_store_stays_in_its_process() -> None:
    files = Files(S3Settings(endpoint="http://127.0.0.1:9", region="r"), {"secret": "hush"})
    sent = pickle.dumps(files)
    assert b"hush" not in sent
    assert pickle.loads(sent) == Files(S3Settings(endpoint="http://127.0.0.1:9", region="r"))


def test_what_an_engine_says_around_an_error_is_left_out(tmp_path: Path) -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([], SCHEMA)
        raise InputError("notes.csv: table notes: cut short")

    with pytest.raises(InputError, match=r"^notes.csv: table notes: cut short$") as raised, told_by_engine():
        write_deltalake(tmp_path, pa.RecordBatchReader.from_batches(SCHEMA, failing()))
    assert "DeltaError" not in str(raised.value)
    with pytest.raises(RuntimeError, match="another"), told_by_engine():
        raise RuntimeError("another")
