"""In which form a file comes, by the ending of its name; capitals are the same ending."""

from pathlib import PurePosixPath
from typing import Literal

Form = Literal["CSV", "JSON lines", "Parquet"]
PARQUET = (".parquet", ".pq", ".parq")
BY_TABS = (".tsv", ".tsv.gz")
ENDINGS: dict[Form, tuple[str, ...]] = {
    "CSV": (".csv", ".csv.gz", *BY_TABS),
    "JSON lines": (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".json.gz"),
}
# Of files that may hold anything: they are read, as CSV, where a pattern says so.
AS_CSV = (".txt", ".txt.gz")
# Of files that hold data and are not read.
FOREIGN = (
    *(".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".zip", ".7z", ".tar", ".tgz", ".rar", ".bz2", ".xz", ".zst", ".lz4", ".snappy"),
    *(".avro", ".orc", ".feather", ".arrow", ".ipc", ".txt", ".dat", ".xml", ".sql", ".db", ".sqlite", ".duckdb", ".gz"),
)


def file_name(path: str) -> str:
    """The last part of a path."""
    return PurePosixPath(path).name


def form_of(path: str) -> Form:
    """In which form a file comes; one without a known ending can be Parquet alone, which its first bytes then say."""
    if is_text(path):
        return "CSV"
    return next((form for form, endings in ENDINGS.items() if path.lower().endswith(endings)), "Parquet")


def has_known_ending(path: str) -> bool:
    """Whether the name says the form."""
    return path.lower().endswith((*PARQUET, *(ending for endings in ENDINGS.values() for ending in endings)))


def is_text(path: str) -> bool:
    """Whether the name, or pattern, says text and no form of it."""
    return path.lower().endswith(AS_CSV)


def is_by_tabs(path: str) -> bool:
    """Whether the name says that values are separated by tabs."""
    return path.lower().endswith(BY_TABS)
