r"""Quotes behind an escape are read where one is declared; where none is, a row that needs one is malformed, and no other."""

import csv
import io
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lakehouse.contract.source import SourceTable
from libs.errors import InputError
from tests.lakehouse.bronze.reading_files import rows_of

AWKWARD = st.text(st.sampled_from('ab,;\t"\n\r \\{é\x00\ufdd2'), max_size=8)
Row = tuple[str | None, str | None, bool]


def read(content: str, **declared: Any) -> list[Row]:
    """Two columns of each row, and whether it is malformed."""
    table = SourceTable.model_validate({"fields": ["a", "b"], **declared})
    rows = rows_of("x.csv", content.encode(), table)
    return [(row["a"], row["b"], row["_malformed"] is not None) for row in rows]


@pytest.mark.parametrize("multiline", [True, False])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"{\"plan\":\"pro\"}"', '{"plan":"pro"}'),
        (r'"{""plan"":""pro""}"', '{"plan":"pro"}'),
        (r'"{\"plan\":\"pro\",\"n\":1}"', '{"plan":"pro","n":1}'),
        (r'"{\"said\":\"a \\\"b\\\"\"}"', r'{"said":"a \"b\""}'),
        (r'"C:\new\table"', r"C:\new\table"),
        (r'"C:\\"', "C:\\"),
        (r"C:\dir", r"C:\dir"),
        (r'"5\""', '5"'),
        (r'"\""', '"'),
        (r'"a\,b"', r"a\,b"),
    ],
)
def test_an_escape_that_is_declared_is_read_and_no_other_backslash_is_lost(text: str, value: str, multiline: bool) -> None:
    assert read(f"a,b\n{text},1\nx,2\n", escape="\\", multiline=multiline) == [(value, "1", False), ("x", "2", False)]


@pytest.mark.parametrize("multiline", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        r'"{\"plan\":\"pro\"}"',
        r'"{\"plan\":\"pro\",\"n\":1}"',
        r'"\"a\""',
        '"3.5" disk"',
        '"3.5"disk',
        r'"{\"a\":{\"b\":\"c\"}}"',
    ],
)
def test_without_one_a_row_with_text_behind_a_closing_quote_is_malformed(text: str, multiline: bool) -> None:
    found = read(f"a,b\nw,0\n{text},1\nx,2\n", multiline=multiline)
    assert (found[0], found[-1]) == (("w", "0", False), ("x", "2", False))
    assert [is_malformed for _, _, is_malformed in found] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"{""said"":""a \""b\""""}"', r'{"said":"a \"b\""}'),
        (r'"C:\dir\"', "C:\\dir\\"),
        ('"two"  ', "two  "),
        ('5" disk', '5" disk'),
        (r"5\" disk", r"5\" disk"),
        (r"{\"a\":1}", r"{\"a\":1}"),
        (' "a"', ' "a"'),
        ('"a ""b"" c"', 'a "b" c'),
        ('""""', '"'),
        ('"a""""b"', 'a""b'),
    ],
)
def test_no_row_is_malformed_that_can_be_read(text: str, value: str) -> None:
    assert read(f"a,b\n{text},1\nx,2\n") == [(value, "1", False), ("x", "2", False)]


def test_values_that_end_in_an_escaped_quote_do_not_take_in_the_next_line_unseen() -> None:
    assert all(is_malformed for _, _, is_malformed in read('a,b\n"5\\"",7\n"6\\"",8\n'))
    assert read('a,b\n"5\\"",7\n"6\\"",8\n', escape="\\") == [('5"', "7", False), ('6"', "8", False)]


def test_the_text_of_a_malformed_row_has_no_marks() -> None:
    table = SourceTable.model_validate({"fields": ["a", "b"]})
    (row,) = rows_of("x.csv", b'a,b\n"3.5" disk",1\n', table)
    assert row["_malformed"] == '3.5 disk",1'
    escaped = SourceTable.model_validate({"fields": ["a", "b"], "escape": "\\"})
    (row,) = rows_of("x.csv", b'a,b\n"C:\\dir",1,2\n', escaped)
    assert (row["a"], row["_malformed"]) == ("C:\\dir", '"C:\\dir",1,2')


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(AWKWARD, AWKWARD), max_size=6),
    delimiter=st.sampled_from(",;\t"),
    escape=st.sampled_from("\\~"),
    multiline=st.booleans(),
)
def test_what_python_escapes_comes_back(rows: list[tuple[str, str]], delimiter: str, escape: str, multiline: bool) -> None:
    given = rows if multiline else [(a.translate(LINE_ENDS), b.translate(LINE_ENDS)) for a, b in rows]
    file = io.StringIO()
    written = csv.writer(
        file, delimiter=delimiter, quoting=csv.QUOTE_ALL, doublequote=False, escapechar=escape, lineterminator="\n"
    )
    written.writerows([("a", "b"), *given])
    found = read(file.getvalue(), delimiter=delimiter, escape=escape, multiline=multiline)
    assert found == [(a or None, b or None, False) for a, b in given]


LINE_ENDS = dict.fromkeys(map(ord, "\r\n"))


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(st.tuples(AWKWARD, AWKWARD), max_size=6), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_what_python_doubles_is_never_malformed(rows: list[tuple[str, str]], quoting: Any) -> None:
    given = [(a.replace("\r", ""), b.replace("\r", "")) for a, b in rows]
    # Of two columns such a value is taken for one that was never closed (`lakehouse.bronze.unclosed`).
    assume(not any("\n" in value and '\\",' in value for row in given for value in row))
    file = io.StringIO()
    csv.writer(file, quoting=quoting, lineterminator="\n").writerows([("a", "b"), *given])
    assert read(file.getvalue()) == [(a or None, b or None, False) for a, b in given]


def test_marks_are_put_where_blocks_of_text_meet() -> None:
    lines = ['"3.5" disk",1', r'"{\"a\":1}",1', '"fine",1', '"a ""b""",1']
    for shift in range(14):
        head = "a,b\n" + "x" * ((1 << 20) - 24 + shift) + ",1\n"
        found = read(head + "\n".join(lines) + "\n")
        assert [is_malformed for _, _, is_malformed in found] == [False, True, True, False, False], shift
        assert found[-1][0] == 'a "b"'
        escaped = read(head + r'"{\"a\":\"C:\\x\y\"}",1' + "\n", escape="\\")
        assert escaped[-1] == (r'{"a":"C:\x\y"}', "1", False), shift


def test_skipped_rows_and_no_header_are_declared() -> None:
    report = "Report of 2026\nfor,the,shop\n\na,b\n1,2\n"
    assert read(report, skip_rows=2) == [("1", "2", False)]
    for multiline in (True, False):
        given: dict[str, Any] = {"header": False, "multiline": multiline}
        assert read("1,2\n3,4\n5\n", **given) == [("1", "2", False), ("3", "4", False), ("5", None, True)]
        assert read("junk\n1,2\n", skip_rows=1, **given) == [("1", "2", False)]
        table = SourceTable.model_validate({"fields": ["a"], "optional_fields": ["b"], **given})
        rows = rows_of("x.csv", b"1,2,3\n\n4,5,6,7\n", table)
        assert [(r["a"], r["b"], r["_extra"], r["_malformed"], r["_row_number"]) for r in rows] == [
            ("1", "2", '{"column_3":"3"}', None, 1),
            ("4", "5", '{"column_3":"6"}', "4,5,6,7", 2),
        ]
        assert [row["b"] for row in rows_of("x.csv", b"1\n2\n", table)] == [None, None]


def test_a_file_without_a_header_and_with_too_few_values_is_refused() -> None:
    with pytest.raises(InputError, match=r"x.csv: table notes: its first row has 1 values, and 2 fields are declared: correct"):
        read("1;2\n", header=False)
