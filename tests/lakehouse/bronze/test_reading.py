import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from lakehouse.bronze.reading import read_files
from lakehouse.contract.source import SourceTable
from libs.errors import InputError

NOTES = SourceTable.model_validate({"fields": ["id", "text"], "optional_fields": [{"by": "Written By"}]})


def written(folder: Path, files: dict[str, bytes]) -> list[str]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in files]


def read(spark: SparkSession, paths: list[str], table: SourceTable = NOTES) -> dict[str, list[tuple[str | None, ...]]]:
    """Rows (id, text, by, _extra, _malformed) of each file, sorted."""
    found: dict[str, list[tuple[str | None, ...]]] = {}
    for row in read_files(spark, paths, "notes", table).collect():
        found.setdefault(row._source_file, []).append((row.id, row.text, row.by, row._extra, row._malformed))
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def test_csv_files_of_any_shape_are_read_by_the_names_in_their_headers(spark: SparkSession, tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        {
            "plain.csv": b"id,text\n1,one\n2,\n",
            "reordered.csv": b"text,id\none,1\n",
            "extra.csv": b"id,mood,text,Written By\n1,good,one,Ann\n",
            "bom.csv": b'\xef\xbb\xbf"id",text\n1,one\n',
            "crlf.csv": b"id,text\r\n1,one\r\n",
            "quoted.csv": b'id,text\n1,"two\nlines, and ""quotes"""\n2,""\n',
            "packed.csv.gz": gzip.compress("id,text\n1,Zoë\n".encode()),
            "a+name {1} [x] 50%25.csv": b"id,text\n1,one\n",
            "header only.csv": b"id,text\n",
            "nothing.csv": b"",
            "latin.csv": "id,text\n1,Zoë\n".encode("latin-1"),
            "ragged.csv": b"id,text\n1,one\n2,two,too many\n3\n",
        },
    )
    one = ("1", "one", None, None, None)
    assert read(spark, paths) == {
        "plain.csv": [one, ("2", None, None, None, None)],
        "reordered.csv": [one],
        "extra.csv": [("1", "one", "Ann", '{"mood":"good"}', None)],
        "bom.csv": [one],
        "crlf.csv": [one],
        "quoted.csv": [("1", 'two\nlines, and "quotes"', None, None, None), ("2", None, None, None, None)],
        "packed.csv.gz": [("1", "Zoë", None, None, None)],
        "a+name {1} [x] 50%25.csv": [one],
        "latin.csv": [("1", "Zo\ufffd", None, None, None)],
        "ragged.csv": [one, ("2", "two", None, None, "2,two,too many"), ("3", None, None, None, "3")],
    }


def test_encoding_delimiter_and_line_breaks_are_declared(spark: SparkSession, tmp_path: Path) -> None:
    declared = {
        "fields": ["id", "text"],
        "encoding": "ISO-8859-1",
        "delimiter": ";",
        "multiline": False,
        "optional_fields": ["by"],
    }
    paths = written(tmp_path, {"latin.csv": 'id;text\n1;"Zoë; Ann"\n'.encode("latin-1")})
    assert read(spark, paths, SourceTable.model_validate(declared)) == {"latin.csv": [("1", "Zoë; Ann", None, None, None)]}


def test_parquet_values_become_text_without_loss(spark: SparkSession, tmp_path: Path) -> None:
    moment = datetime(2026, 3, 10, 1, 56, 1, 123456, tzinfo=UTC)
    columns = {
        "id": pa.array([17850.0, 0.1], pa.float64()),
        "text": pa.array([moment, None], pa.timestamp("us", tz="UTC")),
        "Written By": pa.array([Decimal("0.10"), Decimal("12345678901234567.89")], pa.decimal128(19, 2)),
        "tags": pa.array([["a", "b"], None], pa.list_(pa.string())),
    }
    pq.write_table(pa.table(columns), tmp_path / "notes.parquet")
    assert read(spark, [str(tmp_path / "notes.parquet")]) == {
        "notes.parquet": [
            ("0.1", None, "12345678901234567.89", "{}", None),
            ("17850.0", "2026-03-10 01:56:01.123456", "0.10", '{"tags":"[\\"a\\",\\"b\\"]"}', None),
        ]
    }


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("short.csv", b"id,txt\n1,one\n", r"short.csv: table notes has no column text \(it has id, txt\): add the column"),
        ("twice.csv", b"id,text,ID\n1,one,1\n", "twice.csv: table notes: more than one column is called ID, id: rename"),
        (
            "cut.csv.gz",
            gzip.compress(b"id,text\n1,one\n", mtime=0)[:8],
            "cut.csv.gz: table notes: the file is cut short, damaged or no CSV",
        ),
        ("no.csv.gz", b"id,text\n1,one\n", "no.csv.gz: table notes: the file is cut short, damaged or no CSV: replace or remove"),
        ("no.parquet", b"PAR1 and no more", "no.parquet: table notes: the file is cut short, damaged or no Parquet: replace"),
    ],
)
def test_a_file_that_can_not_be_taken_is_told_in_one_line(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    with pytest.raises(InputError, match=told) as raised:
        read_files(spark, written(tmp_path, {name: content}), "notes", NOTES)
    assert "\n" not in str(raised.value)
