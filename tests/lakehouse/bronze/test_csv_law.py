"""What Python's csv module writes comes back as it was, whatever its dialect and however awkward the text."""

import csv
import io
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.contract.source import SourceTable
from tests.lakehouse.bronze.reading_files import rows_of

AWKWARD = st.text(st.sampled_from("ab,;|\t'\"\n\r \\é\ufeff\x00\x1e\x1f\U0001f600"), max_size=8)
ROWS = st.lists(st.tuples(AWKWARD, AWKWARD, AWKWARD), max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    rows=ROWS,
    delimiter=st.sampled_from(",;|\t"),
    quote=st.sampled_from("\"'"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["UTF-8", "UTF-16"]),
    multiline=st.booleans(),
)
def test_rows_come_back_as_they_were_written(
    rows: list[tuple[str, str, str]], delimiter: str, quote: str, end: str, quoting: Literal[0, 1], encoding: str, multiline: bool
) -> None:
    # Values that may hold no line breaks have none; and the writer quotes those alone that its lines end in.
    unquoted = set("\r\n") - set(end) if quoting == csv.QUOTE_MINIMAL else set()
    left_out = unquoted if multiline else set("\r\n")
    given = [tuple(text.translate(dict.fromkeys(map(ord, left_out))) for text in row) for row in rows]
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting).writerows(
        [("id", "text", "by"), *given]
    )
    declared = {"delimiter": delimiter, "quote": quote, "encoding": encoding, "multiline": multiline}
    table = SourceTable.model_validate({"fields": ["id", "text", "by"], **declared})
    found = rows_of("notes.csv", file.getvalue().encode(encoding), table)
    assert [(row["id"], row["text"], row["by"]) for row in found] == [tuple(text or None for text in row) for row in given]
    assert not any(row["_malformed"] for row in found)
