"""What is wrong with a file that can't be read, in one line. Damage is said of damage alone."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa

from lakehouse.bronze.endings import file_name, form_of
from lakehouse.bronze.parquet_rows import NoText
from lakehouse.bronze.text import TooLong
from libs.errors import InputError

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
ENCRYPTED = b"PARE"
# What files of other forms begin with, of which no text begins so.
OTHERS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"BZh91AY&SY": "compressed by bzip2",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Obj\x01": "Avro",
    b"ARROW1\x00\x00": "Arrow's own form",
    b"SQLite format 3\x00": "an SQLite database",
    b"%PDF-": "a PDF document",
    **dict.fromkeys((b"<!DOCTYPE html", b"<!doctype html", b"<html"), "a web page, such as a download's error"),
    b"version https://git-lfs.github.com/spec/": "a pointer of Git LFS, without the file that `git lfs pull` fetches",
    PARQUET + b"\x15": "Parquet",
}
# A tar archive begins with a file's name, and says there what it is.
TAR, TAR_AT = b"ustar", 257
LONGEST = max(TAR_AT + len(TAR), *map(len, OTHERS))


def beginning(file: BinaryIO) -> bytes:
    """The first bytes of a file that nothing was read of yet; they stay to be read."""
    if hasattr(file, "peek"):
        return bytes(file.peek(LONGEST)[:LONGEST])
    found = file.read(LONGEST)
    file.seek(0)
    return found


@contextmanager
def told(file: BinaryIO, path: str, name: str) -> Iterator[None]:
    """Raise InputError, one line that names file and table, for whatever can be wrong with a file when it is read from its beginning."""
    first = beginning(file)
    try:
        if form_of(path) != "Parquet":
            check_is_text(first)
        yield
    except TooLong as error:
        fault = f"{error}: correct or remove it and run again"
    except NoText as error:
        fault = f"{error}: write it as text, number or timestamp and run again"
    except NotAsDeclared as error:
        fault = f"{error}: correct the source's declaration, or the file, and run again"
    except NotTextual as error:
        fault = f"the file is {error}, and no {form_of(path)}: save it as such, or name it so, and run again"
    except NotImplementedError as error:
        fault = f"the file can't be read here ({_line(error)}): write it in another way and run again"
    except (OSError, EOFError, zlib.error, pa.ArrowInvalid) as error:
        fault = _of_reading(error, first, path)
    else:
        return
    raise InputError(f"{file_name(path)}: table {name}: {fault}")


class NotAsDeclared(ValueError):
    """A file does not have what its table declares; the message says what."""


class NotTextual(ValueError):
    """A file whose name says CSV or JSON lines is of another form, which the message names."""


def check_is_text(first: bytes) -> None:
    """Raise NotTextual where the first bytes of a file are those of another form."""
    other = _other(first)
    if other is not None:
        raise NotTextual(other)


def _other(first: bytes) -> str | None:
    if first[TAR_AT:].startswith(TAR):
        return "a tar archive"
    return next((kind for mark, kind in OTHERS.items() if first.startswith(mark)), None)


def _of_reading(error: Exception, first: bytes, path: str) -> str:
    form = form_of(path)
    if isinstance(error, OSError) and error.errno is not None:
        return f"it can't be read: {error.strerror or error}: run again"
    if first.startswith(ENCRYPTED) or "encrypt" in str(error).lower():
        return "the file is encrypted: decrypt it and run again"
    if form == "Parquet" and not first.startswith(PARQUET):
        other = "compressed by gzip" if first.startswith(GZIP) else _other(first)
        return f"the file is no Parquet{f' but {other}' if other else ''}: replace or remove it and run again"
    return f"the file is cut short or damaged, or no {form}: replace or remove it and run again"


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
