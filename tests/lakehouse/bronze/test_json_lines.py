import gzip

import pytest

from libs.errors import InputError
from tests.lakehouse.bronze.reading_files import read, rows_of

ONE = ("1", "one", None, None, None)


def test_json_lines_of_any_shape_are_read_by_their_keys() -> None:
    files = {
        "plain.jsonl": b'{"id":1,"text":"one"}\n\n   \n{"text":null,"id":"2"}\n{"id":3}',
        "extra.ndjson": '{"id":1,"text":"one","Written By":"Zoë","mood":"good","n":[1,{"x":2.5}]}\n'.encode(),
        "exact.json": b'{"id":12345678901234567890,"text":12345678901234567890.55}\n{"id":0.1,"text":true}\n{"id":"007","text":{"a":1}}',
        "bom and crlf.jsonl": b'\xef\xbb\xbf{"id":1,"text":"one"}\r\n{"id":2,"text":""}\r\n',
        "packed.jsonl.gz": gzip.compress(b'{"id":1,"text":"one"}\n'),
        "UPPER.JSONL": b'{"id":1,"text":"one"}\n',
        "latin.jsonl": '{"id":1,"text":"Zoë"}\n'.encode("latin-1"),
        "nothing.jsonl": b"",
        "beside.csv": b"id,text\n1,one\n",
    }
    empty = ("2", None, None, None, None)
    assert {name: read(name, content) for name, content in files.items()} == {
        "plain.jsonl": [ONE, empty, ("3", None, None, None, None)],
        "extra.ndjson": [("1", "one", "Zoë", '{"mood":"good","n":"[1,{\\"x\\":2.5}]"}', None)],
        "exact.json": [
            ("12345678901234567890", "12345678901234567890.55", None, None, None),
            ("0.1", "true", None, None, None),
            ("007", '{"a":1}', None, None, None),
        ],
        "bom and crlf.jsonl": [ONE, empty],
        "packed.jsonl.gz": [ONE],
        "UPPER.JSONL": [ONE],
        "latin.jsonl": [("1", "Zo\ufffd", None, None, None)],
        "nothing.jsonl": [],
        "beside.csv": [ONE],
    }


def test_a_line_that_is_no_object_is_malformed_and_loses_nobody_else() -> None:
    bad = ['{"id":1', "[1,2]", "5", '"text"', "null", "words", "{id:1}", "{'id':1}", '{"id":01}']
    bad += [
        '{"id":1} more',
        '{"id":1}{"id":2',
        '{"id":1},[2]',
        '{"id":1},,',
        '{"id":1}{"id":2}{"id":3,"id":4}',
        '{"id":1,"id":2}',
    ]
    bad += [
        '{"id":{"a":1,"a":2}}',
        '{"id":NaN}',
        '{"id":1e}',
        "[" * 100_000,
        '{"id":' + 900 * "[" + 900 * "]" + "}",
        '{"id":"a\tb"}',
    ]
    content = "\n".join(['{"id":1,"text":"one"}', *bad, "{}"]).encode()
    rows = [ONE, *[(None, None, None, None, line) for line in bad], (None, None, None, None, None)]
    assert read("bad.jsonl", content) == rows
    assert [row["_row_number"] for row in rows_of("bad.jsonl", content)] == list(range(1, len(rows) + 1))


def test_objects_of_one_line_are_as_many_rows_and_a_comma_behind_them_is_none_of_them() -> None:
    one = '{"id":1,"text":"one"}'
    content = f"{one}{one} {one},\n{one} , {one}\nno\n{one}".encode()
    rows = rows_of("stream.jsonl", content)
    bad = (None, None, None, None, "no")
    assert read("stream.jsonl", content) == [ONE, ONE, ONE, ONE, ONE, bad, ONE]
    assert [row["_row_number"] for row in rows] == list(range(1, 8))


def test_numbers_are_as_they_are_written_and_keys_of_objects_in_order() -> None:
    content = rb"""{"id":-0.0,"text":{"b":1.50,"a":[1e400,"1",null,true,"\u00eb\n"]},"z":1E2,"y":null,"x":""}
{"id":"\ud83d","text":"\ud83d\ude00"}"""
    assert read("notes.jsonl", content) == [
        ("-0.0", '{"a":[1e400,"1",null,true,"ë\\n"],"b":1.50}', None, '{"x":"","y":null,"z":"1E2"}', None),
        ("\ufffd", "\U0001f600", None, None, None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "cut.jsonl.gz",
            gzip.compress(b'{"id":1}\n', mtime=0)[:8],
            "cut.jsonl.gz: table notes: the file is cut short or damaged, or no JSON lines",
        ),
        (
            "array.json",
            b'\n [\n{"id":1},\n{"id":2}\n]',
            "array.json: table notes: the file is one JSON array: write one JSON object",
        ),
    ],
)
def test_a_file_that_is_no_json_lines_is_told_in_one_line(name: str, content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told) as raised:
        read(name, content)
    assert "\n" not in str(raised.value)
