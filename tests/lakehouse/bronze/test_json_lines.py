import gzip
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.bronze.reading import read_files
from libs.errors import InputError
from tests.lakehouse.bronze.test_reading import NOTES, read, written

ONE = ("1", "one", None, None, None)


def test_json_lines_of_any_shape_are_read_by_their_keys(spark: SparkSession, tmp_path: Path) -> None:
    paths = written(
        tmp_path,
        {
            "plain.jsonl": b'{"id":1,"text":"one"}\n\n   \n{"text":null,"id":"2"}\n{"id":3}',
            "extra.ndjson": '{"id":1,"text":"one","Written By":"Zoë","mood":"good","n":[1,{"x":2.5}]}\n'.encode(),
            "exact.json": b'{"id":12345678901234567890,"text":12345678901234567890.55}\n{"id":0.1,"text":true}\n{"id":"007","text":{"a":1}}',
            "bom and crlf.jsonl": b'\xef\xbb\xbf{"id":1,"text":"one"}\r\n{"id":2,"text":""}\r\n',
            "packed.jsonl.gz": gzip.compress(b'{"id":1,"text":"one"}\n'),
            "UPPER.JSONL": b'{"id":1,"text":"one"}\n',
            "latin.jsonl": '{"id":1,"text":"Zoë"}\n'.encode("latin-1"),
            "nothing.jsonl": b"",
            "beside.csv": b"id,text\n1,one\n",
        },
    )
    empty = ("2", None, None, None, None)
    assert read(spark, paths) == {
        "plain.jsonl": [ONE, empty, ("3", None, None, None, None)],
        "extra.ndjson": [("1", "one", "Zoë", '{"mood":"good","n":"[1,{\\"x\\":2.5}]"}', None)],
        "exact.json": [
            ("0.1", "true", None, None, None),
            ("007", '{"a":1}', None, None, None),
            ("12345678901234567890", "12345678901234567890.55", None, None, None),
        ],
        "bom and crlf.jsonl": [ONE, empty],
        "packed.jsonl.gz": [ONE],
        "UPPER.JSONL": [ONE],
        "latin.jsonl": [("1", "Zo\ufffd", None, None, None)],
        "beside.csv": [ONE],
    }


def test_a_line_that_is_no_object_is_malformed_and_loses_nobody_else(spark: SparkSession, tmp_path: Path) -> None:
    bad = ['{"id":1', "[1,2]", "5", '"text"', "null", "words", "{id:1}", "{'id':1}", '{"id":01}']
    bad += ['{"id":1} more', '{"id":1}{"id":2}', '{"id":1},{"id":2}', '{"id":1,"id":2}']
    paths = written(tmp_path, {"bad.jsonl": "\n".join(['{"id":1,"text":"one"}', *bad, "{}"]).encode()})
    rows = [*[(None, None, None, None, line) for line in bad], ONE, (None, None, None, None, None)]
    assert read(spark, paths) == {"bad.jsonl": sorted(rows, key=str)}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "cut.jsonl.gz",
            gzip.compress(b'{"id":1}\n', mtime=0)[:8],
            "cut.jsonl.gz: table notes: the file is cut short, damaged or no JSON lines",
        ),
        ("no.json.gz", b'{"id":1}\n', "no.json.gz: table notes: the file is cut short, damaged or no JSON lines: replace or"),
        (
            "array.json",
            b'\n [\n{"id":1},\n{"id":2}\n]',
            "array.json: table notes: the file is one JSON array: write one JSON object",
        ),
    ],
)
def test_a_file_that_is_no_json_lines_is_told_in_one_line(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    with pytest.raises(InputError, match=told) as raised:
        read_files(spark, written(tmp_path, {name: content}), "notes", NOTES)
    assert "\n" not in str(raised.value)
