"""The names in the first line of a CSV file."""

import csv
import gzip
import zlib
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrameReader

from lakehouse.contract.source import SourceTable

# What opening a file and reading its beginning raise when it is damaged.
DAMAGE = (OSError, EOFError, zlib.error, csv.Error, PySparkException, Py4JError)


def header(reader: DataFrameReader, path: str, table: SourceTable) -> list[str]:
    """The names in the first line of the CSV file at `path`; none where the file holds no bytes.

    A local file is opened here, in a thousandth of the time that a Spark job takes; `reader` reads from elsewhere.
    Raises one of DAMAGE for a file that can't be read.
    """
    first = _remote(reader, path) if "://" in path else _local(Path(path.removeprefix("file:")), table)
    return [name.strip() for name in first]


def _local(path: Path, table: SourceTable) -> list[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    encoding = "UTF-8-SIG" if table.encoding.upper().replace("_", "-") in ("UTF-8", "UTF8") else table.encoding
    with opened(path, "rt", encoding=encoding, errors="replace", newline="") as lines:
        return next(csv.reader(lines, delimiter=table.delimiter, quotechar=table.quote), [])


def _remote(reader: DataFrameReader, path: str) -> list[str]:
    """Read as data, since Spark renames names that occur twice."""
    first = reader.option("header", False).csv(path).take(1)
    return [str(name or "") for name in first[0]] if first else []
