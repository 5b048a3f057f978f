"""How a file is written is seen from its beginning."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.inspection.guess import Guess, encoding_of, guessed
from lakehouse.inspection.kinds import kind_of

ROWS = "id,name,when\n1,Ann,2026-01-01\n2,Bob,2026-01-02\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ROWS.encode(), Guess()),
        (ROWS.replace(",", ";").encode(), Guess(delimiter=";")),
        (ROWS.replace(",", "\t").encode("UTF-16"), Guess("UTF-16", "\t")),
        (ROWS.replace("Ann", "Zoë").encode("latin-1"), Guess("ISO-8859-1")),
        (ROWS.replace("Ann", "“A”").encode("cp1252"), Guess("windows-1252")),
        (b"\n,,\n" + ROWS.encode(), Guess()),
        (b"Report of, 2026\n\n" + ROWS.encode(), Guess(skip_rows=2)),
        (ROWS.split("\n", 1)[1].encode(), Guess(header=False)),
        (ROWS.replace("Ann", "'A, n'").encode(), Guess(quote="'")),
        (ROWS.replace("Ann", r'"{\"a\":1}"').encode(), Guess(escape="\\")),
        (b"", Guess()),
    ],
)
def test_a_beginning_says_how_a_file_is_written(content: bytes, expected: Guess) -> None:
    assert guessed(content) == expected


def test_a_character_that_is_cut_at_the_end_is_no_other_encoding() -> None:
    assert encoding_of("Zoë".encode()[:-1]) == "UTF-8"


@settings(max_examples=50, deadline=None)
@given(
    delimiter=st.sampled_from(",;\t|"),
    rows=st.lists(st.tuples(*[st.text(st.sampled_from("ab é"), min_size=1, max_size=6)] * 3), min_size=3, max_size=20),
)
def test_the_delimiter_is_that_of_the_writer(delimiter: str, rows: list[tuple[str, str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([("a", "b", "c"), *rows])
    assert guessed(file.getvalue().encode()).delimiter == delimiter


@pytest.mark.parametrize(
    ("values", "name", "declared"),
    [
        (["1", "2.0"], "whole number", (None, None)),
        (["1.5", "2e3"], "number", (None, None)),
        (["1.234,5", "2"], "number", (",", ".")),
        (["1,5"], "number", (",", None)),
        (["1,234.5"], "number", (".", ",")),
        (["2026-01-01T10:00:00Z"], "time", (None, None)),
        (["yes", "F"], "yes or no", (None, None)),
        (['{"a":1}'], "JSON", (None, None)),
        (["a"], "text", (None, None)),
        ([], "empty", (None, None)),
    ],
)
def test_a_column_is_read_as_what_all_of_its_values_are(
    values: list[str], name: str, declared: tuple[str | None, str | None]
) -> None:
    kind = kind_of(values)
    assert (kind.name, (kind.decimal, kind.thousands)) == (name, declared)


def test_of_dates_that_can_be_meant_in_two_ways_both_forms_are_said() -> None:
    assert list(kind_of(["3/4/2026"]).date_forms)[:2] == ["M/d/yyyy[ H:mm[:ss]]", "d/M/yyyy[ H:mm[:ss]]"]
    assert list(kind_of(["3/14/2026"]).date_forms) == ["M/d/yyyy[ H:mm[:ss]]"]
