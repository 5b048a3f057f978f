"""Files whose text is spelled in other ways of Unicode give the same rows: é is one character, or e and an accent."""

import csv
import io
import json
from typing import Any, Literal
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.query import equation
from jobs.replay import _text
from lakehouse.bronze.listing import fits
from lakehouse.bronze.spelling import composed
from lakehouse.contract.conform import conform
from lakehouse.contract.outcome import accepted
from lakehouse.contract.source import Source, SourceTable
from libs.tables import LONG, TIMESTAMP
from tests.lakehouse.bronze.reading_files import rows_of
from tests.lakehouse.contract.test_cleaning import VISITS

Spelling = Literal["NFC", "NFD"]
# Letters with one and two accents, Hangul and its parts, a sign whose composed form is two, signs that others stand for (Kelvin, Ohm,
# the Greek question mark, which is a semicolon), lone accents, and ASCII that accents compose with.
CHARACTERS = 'ae<=1,"é\u0301\u0323ộ각\u1100\u1161\u0958\u212a\u2126\u037e\U0001f600'
TEXT = st.text(st.sampled_from(CHARACTERS), max_size=6)
FIELD = "Catégorie"
TABLE = SourceTable.model_validate({"fields": ["id", {"word": FIELD}]})
FORMS = ("csv", "jsonl", "escaped.jsonl", "parquet")


def file_of(form: str, rows: list[dict[str, Any]]) -> bytes:
    """A file of the form with these rows, of which there is one at least."""
    if form == "parquet":
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), file)
        return file.getvalue()
    if form == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()
    return "\n".join(json.dumps(row, ensure_ascii=form.startswith("escaped")) for row in rows).encode()


def spelled(spelling: Spelling, words: list[str]) -> list[dict[str, Any]]:
    keys = (normalize(spelling, FIELD), normalize(spelling, "Größe"))
    return [
        {"id": str(n), keys[0]: normalize(spelling, word), keys[1]: normalize(spelling, word)} for n, word in enumerate(words)
    ]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=100, deadline=None)
@given(words=st.lists(TEXT, min_size=1, max_size=5))
def test_either_spelling_of_a_file_gives_the_same_rows_in_the_composed_form(form: str, words: list[str]) -> None:
    found = [rows_of(f"notes.{form}", file_of(form, spelled(spelling, words)), TABLE) for spelling in ("NFC", "NFD")]
    for rows in found:
        for row in rows:
            row.pop("_composed")
    assert found[0] == found[1]
    assert [row["word"] or None for row in found[0]] == [normalize("NFC", word) or None for word in words]
    # CSV has no empty texts.
    beside = [json.loads(row["_extra"] or "{}").get("Größe") for row in found[0]]
    assert [word or None for word in beside] == [normalize("NFC", word) or None for word in words]


@pytest.mark.parametrize("form", FORMS)
def test_rows_say_whether_a_value_of_theirs_was_put_into_the_composed_form(form: str) -> None:
    rows = [
        {"id": "1", FIELD: "plain", "Größe": "1"},
        {"id": "2", FIELD: "é", "Größe": "ộ"},
        {"id": "3", FIELD: normalize("NFD", "Café"), "Größe": "1"},
        {"id": normalize("NFD", "é4"), FIELD: normalize("NFD", "é"), "Größe": "1"},
        # Of a column that no declaration names.
        {"id": "5", FIELD: "x", "Größe": normalize("NFD", "ộ")},
    ]
    found = rows_of(f"notes.{form}", file_of(form, rows), TABLE)
    assert [row["_composed"] for row in found] == [False, False, True, True, True]
    # The name of a column is no value.
    named = [{"id": "1", normalize("NFD", FIELD): "x"}]
    assert [row["_composed"] for row in rows_of(f"notes.{form}", file_of(form, named), TABLE)] == [False]


@given(st.lists(st.none() | TEXT, max_size=6), st.integers(0, 3))
def test_a_part_of_a_column_is_composed_where_it_is_not_null(texts: list[str | None], start: int) -> None:
    part = pa.array(texts, pa.string()).slice(start)
    assert composed(part).to_pylist() == [text and normalize("NFC", text) for text in texts[start:]]


def test_a_key_that_a_line_has_in_both_spellings_is_there_twice() -> None:
    line = json.dumps({"id": "1", **{normalize(form, FIELD): "x" for form in ("NFC", "NFD")}})
    assert rows_of("notes.jsonl", line.encode(), TABLE)[0]["_malformed"] == line


def test_names_of_files_fit_patterns_in_either_spelling() -> None:
    name, pattern = normalize("NFD", "données/événements_1.csv"), normalize("NFC", "données/événements*.csv")
    assert fits(name, [pattern])
    assert fits(normalize("NFC", name), [normalize("NFD", pattern)])


def test_what_is_asked_for_and_what_is_fixed_by_hand_is_composed_too() -> None:
    given = normalize("NFD", "Côte d'Ivoire")
    assert equation(f"country={given}") == ("country", "Côte d'Ivoire")
    assert _text(given) == "Côte d'Ivoire"


def silver(spark: SparkSession, form: str, spelling: Spelling, users: list[str]) -> list[tuple[Any, ...]]:
    """The rows of silver that a file of visits of these users gives."""
    declared = {"fields": ["nr", "user", "word"], "feeds": {"visits": {"columns": COLUMNS}}}
    source = Source.model_validate({"source": "shop", "tables": {"visits": declared}})
    table = source.tables["visits"]
    rows = [{"nr": f"n{n}", "user": user, "word": user} for n, user in enumerate(users)]
    given = [{key: normalize(spelling, value) for key, value in row.items()} for row in rows]
    names = ["nr", "user", "word", "_extra", "_malformed", "_source_file", "_row_number"]
    read = [tuple(row[name] for name in names) for row in rows_of(f"visits.{form}", file_of(form, given), table)]
    schema = ", ".join(f"`{name}` {LONG if name == '_row_number' else 'string'}" for name in names)
    bronze = spark.createDataFrame(read, schema).selectExpr("*", f"cast('2026-01-02 00:00:00' as {TIMESTAMP}) as _ingested_at")
    found = accepted(conform(bronze, source, table.feeds["visits"], VISITS, "key"))
    return sorted(map(tuple, found.drop("_left_out").collect()), key=str)


COLUMNS = {"visit_id": "nr", "user_id": "user", "word": "word", "seen_at": {"value": "2026-01-01"}}


@settings(max_examples=5, deadline=None)
@given(users=st.lists(TEXT.map(lambda text: f"u{text}"), min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_either_spelling_of_a_file_gives_the_same_rows_of_silver(spark: SparkSession, users: list[str], form: str) -> None:
    composed_rows = silver(spark, form, "NFC", users)
    assert composed_rows == silver(spark, form, "NFD", users)
    assert len(composed_rows) == len(users)
