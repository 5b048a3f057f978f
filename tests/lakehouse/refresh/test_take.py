"""Files into bronze: every one in the folder is taken, known, or named with the reason."""

from datetime import UTC, datetime
from pathlib import Path

from lakehouse.contract.source import Source
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.run import Run
from tests.lakehouse.bronze.arrow_store import arrow_store

SHOP = Source.model_validate(
    {"source": "shop", "tables": {"notes": {"fields": ["id"]}, "rumours": {"fields": ["id"], "files": ["rumours/**/*.*"]}}}
)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def test_files_that_no_table_takes_are_told_once_a_run_and_the_others_by_their_tables(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name, text in {
        "notes.CSV": "\r\nid\r\n1\r\n2\r\n",
        "notes_2.csv": "",
        "rumours/2026/03/r.tsv": "id\tby\n1\tAnn\n",
        "prices.csv": "id\n1\n",
        "notes.xlsx": "PK",
    }.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text)
    said: list[str] = []
    run = Run(arrow_store(str(tmp_path / "lake")), MOMENT, lambda table, rows: None, declarations={}, pseudonym_key="key")
    made = Pipeline(run, {}, [SHOP], lambda outcome: None, say=said.append)

    notes, rumours = sorted(made.take(SHOP, str(data)), key=lambda outcome: outcome.table)

    assert (notes.rows_in, rumours.rows_in) == (2, 1)
    assert list(notes.notes) == ["notes_2.csv: empty, nothing to take"]
    assert said == [
        "notes.xlsx: not read: in no form that is read, which are CSV and JSON lines, both also with .gz, and Parquet",
        "prices.csv: not read: no table of source shop names it in `files`",
    ]
