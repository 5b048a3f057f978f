"""However files are spread over runs, and whichever come again, the bronze table has the rows of each once."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.bronze.ingest import ingest
from lakehouse.contract.source import Source
from tests.lakehouse.bronze.arrow_store import arrow_store

SHOP = Source.model_validate({"source": "shop", "tables": {"notes": {"fields": ["id", "text"]}}})
FILES = 6
ENDS = (".csv", ".jsonl", ".csv", ".jsonl", ".csv", ".csv")


def content(number: int) -> str:
    """The rows (number, 1) to (number, number), the last one malformed where a row can be."""
    if ENDS[number] == ".jsonl":
        return "".join(f'{{"id": {number}, "text": {row}}}\n' for row in range(1, number + 1))
    return "id,text\n" + "".join(f"{number},{row}\n" for row in range(1, number + 1))


@settings(max_examples=15, deadline=None)
@given(
    runs=st.lists(st.integers(0, 3), min_size=FILES, max_size=FILES),
    copies=st.lists(st.tuples(st.integers(1, FILES - 1), st.integers(0, 3)), max_size=3),
    emptied=st.sets(st.integers(1, FILES - 1), max_size=2),
)
def test_each_file_is_taken_once(runs: Sequence[int], copies: Sequence[tuple[int, int]], emptied: set[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, store = Path(folder) / "data", arrow_store(f"{folder}/lake")
        data.mkdir()
        (data / "notes.csv").write_text("id,text\n0,0\n")
        for run in range(5):
            for number in (n for n, at in enumerate(runs) if n and at == run):
                # A file may be seen before it has any bytes.
                (data / f"notes_{number}{ENDS[number]}").write_text("" if number in emptied else content(number))
            for copy, (number, _) in enumerate(c for c in copies if c[1] == run and runs[c[0]] <= run and c[0] not in emptied):
                (data / f"notes_{number}_copy_{run}_{copy}{ENDS[number]}").write_text(content(number))
            if run == 4:
                for number in emptied:
                    (data / f"notes_{number}{ENDS[number]}").write_text(content(number))
            ingest(store, SHOP, "notes", data, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=run))
        rows = store.arrow("bronze.shop_notes").to_table().to_pylist()
    wanted = [("0", "0", "notes.csv", 1)]
    wanted += [(str(n), str(r), f"notes_{n}{ENDS[n]}", r) for n in range(1, FILES) for r in range(1, n + 1)]
    assert sorted((r["id"], r["text"], r["_source_file"], r["_row_number"]) for r in rows) == sorted(wanted)
