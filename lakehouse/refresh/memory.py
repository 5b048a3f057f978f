"""How much memory a run would need on the native engine, estimated before anything is read."""

from pathlib import Path

from lakehouse.bronze.files import is_url, local_files
from lakehouse.catalogue.entry import Catalogue
from lakehouse.contract.source import Source
from libs.store.published import Published
from libs.tables import Merge

# Measured with 20 million events: what a row of the largest table costs while the tables made from it are computed.
BYTES_A_ROW = 800
# Of raw files: bytes of text a row at the least, and how much smaller compressed forms are.
BYTES_OF_TEXT = 100
COMPRESSION = {".gz": 6, ".parquet": 4}
LEAST = 512 * 1024**2


def needed_memory(tables: Published, catalogue: Catalogue, source: Source | None, data: str | None) -> int:
    """Bytes, from the rows of the largest silver table and the size of the files that are to be taken."""
    fed = [name for name, entry in catalogue.items() if isinstance(entry.table.refresh, Merge) and tables.exists(name)]
    rows = max((tables.row_count(name) for name in fed), default=0)
    return LEAST + BYTES_A_ROW * (rows + _arriving(source, data))


def _arriving(source: Source | None, data: str | None) -> int:
    """Rows of the largest table's files; nothing is known of files on an object store."""
    if source is None or data is None or is_url(data):
        return 0
    return max(sum(map(_rows, local_files(data, source, table))) for table in source.tables)


def _rows(file: Path) -> int:
    return file.stat().st_size * COMPRESSION.get(file.suffix.lower(), 1) // BYTES_OF_TEXT
