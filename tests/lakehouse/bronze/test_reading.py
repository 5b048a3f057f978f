import errno
import gzip
import io
import tarfile
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.bronze.reading import read as read_file
from lakehouse.contract.source import SourceTable
from libs.errors import InputError
from tests.lakehouse.bronze.reading_files import read, rows_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIELDS: dict[str, Any] = {"fields": ["id", "text"], "optional_fields": ["by"]}


def parquet(columns: dict[str, pa.Array]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def tar_of(content: bytes) -> bytes:
    packed, member = io.BytesIO(), tarfile.TarInfo("notes.csv")
    member.size = len(content)
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def flipped() -> bytes:
    """Parquet of text, of whose first page some bits are others."""
    whole = bytearray(parquet({"id": ["1"] * 1000, "text": ["one"] * 1000}))
    whole[20:23] = b"\xff\xff\xff"
    return bytes(whole)


def test_csv_files_of_any_shape_are_read_by_the_names_in_their_headers() -> None:
    files = {
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
        "header without an end.csv": b"id,text",
        "no last end.csv": b"id,text\n1,one",
        "empty lines.csv": b"\n\nid,text\n\n1,one\r\n\r\n",
        "old mac.csv": b"id,text\r1,one\r",
        "TABS.TSV": b"id\ttext\n1\tone\n",
        "unpacked on the way.csv.gz": b"id,text\n1,one\n",
        "packed under another name.csv": gzip.compress(b"id,text\n1,one\n"),
        "packed twice.csv.gz": gzip.compress(gzip.compress(b"id,text\n1,one\n")),
        "CAPITALS.CSV.GZ": gzip.compress(b"id,text\n1,one\n"),
        "blank first lines.csv": b'\r\n \t\r\n,,,\r\n"", \r\nid,text\r\n1,one\r\n',
        "bom behind nothing.csv": b"\xef\xbb\xbf\n\nid,text\n1,one\n",
        "utf-16.csv": "\n,\nid,text\n1,Zoë\n".encode("UTF-16"),
        "blank lines alone.csv": b"\n , \n\r\n",
        "of a spreadsheet.csv": b"sep=;\r\nid;text\r\n1;one\r\n",
        "of a spreadsheet in UTF-16.csv": '"sep=\t"\r\nid\ttext\r\n1\tone\r\n'.encode("UTF-16"),
        "more blank lines than a block has.csv": b"\n" * (1 << 20) + b" ,\n" * 7 + b"id,text\n1,one\n",
    }
    one = ("1", "one", None, None, None)
    assert {name: read(name, content) for name, content in files.items()} == {
        "plain.csv": [one, ("2", None, None, None, None)],
        "reordered.csv": [one],
        "extra.csv": [("1", "one", "Ann", '{"mood":"good"}', None)],
        "bom.csv": [one],
        "crlf.csv": [one],
        "quoted.csv": [("1", 'two\nlines, and "quotes"', None, None, None), ("2", None, None, None, None)],
        "packed.csv.gz": [("1", "Zoë", None, None, None)],
        "a+name {1} [x] 50%25.csv": [one],
        "header only.csv": [],
        "nothing.csv": [],
        "header without an end.csv": [],
        "no last end.csv": [one],
        "empty lines.csv": [one],
        "old mac.csv": [one],
        "TABS.TSV": [one],
        "unpacked on the way.csv.gz": [one],
        "packed under another name.csv": [one],
        "packed twice.csv.gz": [one],
        "CAPITALS.CSV.GZ": [one],
        "blank first lines.csv": [one],
        "bom behind nothing.csv": [one],
        "utf-16.csv": [("1", "Zoë", None, None, None)],
        "blank lines alone.csv": [],
        "of a spreadsheet.csv": [one],
        "of a spreadsheet in UTF-16.csv": [one],
        "more blank lines than a block has.csv": [one],
        "latin.csv": [("1", "Zo\ufffd", None, None, None)],
        "ragged.csv": [one, ("2", "two", None, None, "2,two,too many"), ("3", None, None, None, "3")],
    }


def test_encoding_delimiter_and_line_breaks_are_declared() -> None:
    declared = {
        "fields": ["id", "text"],
        "encoding": "ISO-8859-1",
        "delimiter": ";",
        "multiline": False,
        "optional_fields": ["by"],
    }
    table = SourceTable.model_validate(declared)
    assert read("latin.csv", 'id;text\n1;"Zoë; Ann"\n'.encode("latin-1"), table) == [("1", "Zoë; Ann", None, None, None)]


@pytest.mark.parametrize("encoding", ["UTF-8", "utf_8_sig", "UTF-16", "UTF-16-LE", "ISO-8859-1", "windows-1252", "UTF-32"])
@pytest.mark.parametrize("multiline", [True, False])
def test_every_encoding_that_is_declared_is_read(encoding: str, multiline: bool) -> None:
    table = SourceTable.model_validate({"fields": ["id", "text"], "encoding": encoding, "multiline": multiline})
    content = 'id,text\n1,"Zoë, ½"\n2,ß\n'.encode(encoding)
    assert [(row["id"], row["text"]) for row in rows_of("notes.csv", content, table)] == [("1", "Zoë, ½"), ("2", "ß")]


@pytest.mark.parametrize(("delimiter", "quote"), [("\t", "'"), ("|", "`"), ("\x01", '"'), ("§", '"'), (",", "«"), ("¦", "»")])
@pytest.mark.parametrize("multiline", [True, False])
def test_any_character_can_be_delimiter_or_quote(delimiter: str, quote: str, multiline: bool) -> None:
    table = SourceTable.model_validate({"delimiter": delimiter, "quote": quote, "multiline": multiline} | FIELDS)
    lines = ["id,text", "1,Qone, twoQ", "2,QQQinQQ sideQ", "3,four,five", "4,\x1f\x1e"]
    content = "\n".join(lines).replace(",", delimiter).replace("Q", quote) + "\n"
    assert read("notes.csv", content.encode(), table) == [
        ("1", f"one{delimiter} two", None, None, None),
        ("2", f"{quote}in{quote} side", None, None, None),
        ("3", "four", None, None, f"3{delimiter}four{delimiter}five"),
        ("4", "\x1f\x1e", None, None, None),
    ]


def test_rows_are_numbered_as_they_come_malformed_ones_too() -> None:
    lines = [f"{n},{'x' if n % 7 else 'x,y'}" for n in range(1, 60_001)]
    content = ("id,text\n\n" + "\n".join(lines) + "\n").encode()
    for multiline in (True, False):
        table = SourceTable.model_validate({"fields": ["id", "text"], "multiline": multiline})
        rows = rows_of("notes.csv", content, table)
        assert [int(row["id"]) for row in rows] == [row["_row_number"] for row in rows] == list(range(1, 60_001))
        assert [row["_row_number"] for row in rows if row["_malformed"]] == list(range(7, 60_001, 7))
        assert rows[6]["_malformed"] == "7,x,y"


def test_rows_of_every_form_are_numbered_in_their_order() -> None:
    count = 150_000
    ids = [str(number) for number in range(1, count + 1)]
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ids, "text": ids}), file, row_group_size=40_000)
    files = {
        "notes.parquet": file.getvalue(),
        "notes.jsonl": "\n\n".join(f'{{"id":{n},"text":"{"x" * 40}"}}' for n in ids).encode(),
        "notes.csv": ("id,text\n" + "\n\n".join(f"{n},{'x' * 40}" for n in ids)).encode(),
    }
    for name, content in files.items():
        rows = rows_of(name, content)
        assert [int(row["id"]) for row in rows] == [row["_row_number"] for row in rows] == list(range(1, count + 1))


def test_columns_that_are_not_declared_are_one_json_object() -> None:
    content = b'id,text,"a ""b""",empty,\n1,one,"x\ty ""z"" \\",,last\n2,two,,,\n'
    assert [row["_extra"] for row in rows_of("notes.csv", content)] == [r'{"a \"b\"":"x\ty \"z\" \\","":"last"}', "{}"]


@pytest.mark.parametrize("multiline", [True, False])
def test_empty_lines_and_lines_of_delimiters_alone(multiline: bool) -> None:
    table = SourceTable.model_validate({"fields": ["id", "text"], "multiline": multiline})
    content = b"id,text\n" + b"\n" * 4_500_000 + b",\n\n" + b"\n" * 4_500_000
    assert [(row["id"], row["text"], row["_row_number"]) for row in rows_of("notes.csv", content, table)] == [(None, None, 1)]


class Endless(io.RawIOBase):
    """A file that is made as it is read: the same lines behind a header, again and again."""

    def __init__(self, header: bytes, lines: bytes, times: int) -> None:
        self.parts = chain([header][: len(header)], repeat(lines, times))
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        self.rest = self.rest or memoryview(next(self.parts, b""))
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self.rest))
        target[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


@pytest.mark.parametrize("name", ["notes.csv", "by line.csv", "notes.jsonl"])
def test_memory_does_not_grow_with_the_file(name: str) -> None:
    """160 MB of text, some of it malformed, of which no more than a few blocks are held at once."""
    table = SourceTable.model_validate({"fields": ["id", "text"], "multiline": name != "by line.csv"})
    line = b'{"id":1,"text":"%s"}\n' if name.endswith("l") else b'1,"%s"\n'
    lines = line % (b"x" * 2000) * 499 + b"1,2,3\n"
    file = io.BufferedReader(Endless(b"" if name.endswith("l") else b"id,text\n", lines, 160))
    rows, held = 0, [pa.total_allocated_bytes()]
    for batch in read_file(cast(BinaryIO, file), name, "notes", table):
        rows += batch.num_rows
        held.append(pa.total_allocated_bytes())
    assert rows == 160 * 500
    assert max(held) - held[0] < 64 << 20


def test_a_row_that_is_longer_than_what_is_held_in_memory_is_told() -> None:
    content = b'id,text\n1,one\n2,"' + b"never closed,\n" * 1_400_000
    with pytest.raises(
        InputError, match=r"notes.csv: table notes: a row behind row 1 is longer than 4 MB: a quote is not closed"
    ):
        read("notes.csv", content)


def test_a_file_without_line_ends_is_told() -> None:
    table = SourceTable.model_validate({"fields": ["id", "text"], "multiline": False})
    with pytest.raises(InputError, match=r"notes.csv: table notes: a line is longer than 64 MB: correct or remove it"):
        rows_of("notes.csv", b"id,text\n" + b"one, " * 14_000_000, table)


def test_parquet_values_become_text_without_loss() -> None:
    moment = datetime(2026, 3, 10, 1, 56, 1, 123456, tzinfo=UTC)
    columns = {
        "id": pa.array([17850.0, 0.1], pa.float64()),
        "text": pa.array([moment, None], pa.timestamp("us", tz="UTC")),
        "Written By": pa.array([Decimal("0.10"), Decimal("12345678901234567.89")], pa.decimal128(19, 2)),
        "tags": pa.array([["a", "b"], None], pa.list_(pa.string())),
    }
    assert read("notes.parquet", parquet(columns)) == [
        ("17850.0", "2026-03-10 01:56:01.123456", "0.10", '{"tags":"[\\"a\\",\\"b\\"]"}', None),
        ("0.1", None, "12345678901234567.89", "{}", None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("short.csv", b"id,txt\n1,one\n", r"short.csv: table notes has no column text \(it has id, txt\): add the column"),
        (
            "le.csv",
            "id,text\n1,é\n".encode("utf-16-le"),
            r"le.csv: table notes: the file is UTF-16 .*: declare `encoding: UTF-16-LE`",
        ),
        (
            "be.csv",
            "id,text\n1,é\n".encode("utf-16-be"),
            r"be.csv: table notes: the file is UTF-16 .*: declare `encoding: UTF-16-BE`",
        ),
        ("twice.csv", b"id,text,ID\n1,one,1\n", "twice.csv: table notes: more than one column is called ID, id: rename"),
        (
            "cut.csv.gz",
            gzip.compress(b"id,text\n1,one\n", mtime=0)[:8],
            "cut.csv.gz: table notes: the file is cut short or damaged, or no CSV",
        ),
        (
            "zip.csv",
            b"PK\x03\x04\x14\x00",
            "zip.csv: table notes: the file is a zip archive or an Excel workbook, and no CSV: save",
        ),
        (
            "z.jsonl",
            b"\x28\xb5\x2f\xfd\x04",
            "z.jsonl: table notes: the file is compressed by zstd, and no JSON lines: save",
        ),
        (
            "packed.csv.gz",
            gzip.compress(b"PK\x03\x04\x14\x00"),
            "packed.csv.gz: table notes: the file is a zip archive or an Excel",
        ),
        (
            "many.csv.gz",
            gzip.compress(tar_of(b"id,text\n1,one\n")),
            "many.csv.gz: table notes: the file is a tar archive, and no CSV",
        ),
        (
            "page.csv",
            b"<!DOCTYPE html><html>",
            "page.csv: table notes: the file is a web page, such as a download's error, and no CSV",
        ),
        (
            "lfs.jsonl",
            b"version https://git-lfs.github.com/spec/v1\noid",
            "lfs.jsonl: table notes: the file is a pointer of Git LFS",
        ),
        ("packed.parquet", gzip.compress(b"PAR1"), "packed.parquet: table notes: the file is no Parquet but compressed by gzip"),
        ("flipped.parquet", flipped(), "flipped.parquet: table notes: the file is cut short or damaged, or no Parquet: replace"),
        ("no.parquet", b"PAR1 and no more", "no.parquet: table notes: the file is cut short or damaged, or no Parquet: replace"),
        ("text.parquet", b"id,text\n1,one\n", "text.parquet: table notes: the file is no Parquet: replace or remove it"),
        ("avro.parquet", b"Obj\x01\x04", "avro.parquet: table notes: the file is no Parquet but Avro: replace or remove it"),
        ("secret.parquet", b"PARE and no more", "secret.parquet: table notes: the file is encrypted: decrypt it"),
    ],
)
def test_a_file_that_can_not_be_taken_is_told_in_one_line(name: str, content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told) as raised:
        read(name, content)
    assert "\n" not in str(raised.value)


class Failing(io.BytesIO):
    """A file whose disk fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() == 0:
            return super().read(size)
        raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_fails_is_not_said_to_be_a_damaged_file() -> None:
    with pytest.raises(InputError, match=r"^notes.csv: table notes: it can't be read: Input/output error: run again$"):
        list(read_file(Failing(b"id,text\n" + b"1,one\n" * 500_000), "notes.csv", "notes", SourceTable.model_validate(FIELDS)))
