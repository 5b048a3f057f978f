"""What is in a data folder: each file with the source and table that it fits, its form, columns, rows, and what would be rejected."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from lakehouse.bronze.damage import GZIP
from lakehouse.bronze.endings import file_name, form_of, has_known_ending
from lakehouse.bronze.files import Files, Found, Listing, natural
from lakehouse.bronze.left_out import of_nobody, readable
from lakehouse.bronze.listing import fits
from lakehouse.bronze.lookalikes import fix, like_declared
from lakehouse.bronze.parquet_rows import parquet_names
from lakehouse.bronze.reading import check_beginning, read
from lakehouse.bronze.remarks import lines
from lakehouse.bronze.spelling import composed_name
from lakehouse.contract.source import Source, SourceTable
from lakehouse.inspection.guess import BYTES, Guess, decoded, encoding_of, first_row, guessed
from lakehouse.inspection.kinds import Kind, kind_of
from libs.errors import InputError

SAMPLE = 1000
SHOWN = 10
# Why rows of a sample would be rejected, by table of silver: given the rows, their source and the name of their table.
Judge = Callable[[pa.Table, Source, str], Mapping[str, Mapping[str, int]]]


@dataclass(frozen=True)
class ColumnSeen:
    """A column of a sample: its name in the file, the field that it is declared as, its kind, the share of rows without a value."""

    name: str
    field: str | None
    kind: Kind
    empty: float
    example: str | None


@dataclass(frozen=True)
class FileSeen:
    """A file: its path below the folder, the source and table that it fits, and what a sample of its rows shows.

    fault: why it can't be read. advice: what its table declares otherwise than it looks.
    rejected: by table of silver, the rows of the sample that would be rejected, by reason, and as `rows` all of them.
    """

    path: str
    size: int
    form: str
    source: str | None = None
    table: str | None = None
    guess: Guess | None = None
    fault: str | None = None
    rows: int = 0
    malformed: int = 0
    columns: Sequence[ColumnSeen] = ()
    sample: Sequence[Mapping[str, str | None]] = ()
    rejected: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    advice: Sequence[str] = ()


@dataclass(frozen=True)
class FolderSeen:
    """A folder: its files, and a line for each reason why files would not be read."""

    files: Sequence[FileSeen]
    left_out: Sequence[str]


def looked_at(data: Path | str, sources: Iterable[Source], judge: Judge | None = None) -> FolderSeen:
    """What is in the folder or at the address `data`, for these sources. Raises InputError when there is no such folder."""
    known, files = list(sources), Files.of(data)
    listing = files.listing(data)
    seen = [file for path in sorted(listing.files, key=natural) for file in _seen(path, listing, files, known, judge)]
    others = sorted(listing.files.keys() - {file.path for file in seen}, key=natural)
    return FolderSeen(seen, of_nobody(listing, others))


def _seen(path: str, listing: Listing, files: Files, sources: Sequence[Source], judge: Judge | None) -> Iterator[FileSeen]:
    """Of a file that several tables take, each."""
    found = listing.files[path]
    fitting = [(source, table) for source in sources for table in source.tables if fits(path, source.patterns(table))]
    patterns = [pattern for source, table in fitting for pattern in source.patterns(table)]
    readable_, remarks = readable([found], files, patterns) if fitting or has_known_ending(path) else ([], [])
    if not readable_ and not remarks:
        return
    facts = FileSeen(path, found.size, form_of(path))
    if not readable_ or found.size == 0:
        yield replace(facts, fault=lines(remarks)[0] if remarks else f"{file_name(path)}: empty, nothing to take")
        return
    beginning = _beginning(found, files)
    facts = replace(facts, guess=guessed(beginning) if facts.form == "CSV" else None)
    for source, table in fitting:
        advice = _of_guess(facts.guess, source.tables[table], beginning) if facts.guess else []
        given = replace(facts, source=source.source, table=table, advice=advice)
        yield _of_table(given, found, files, source, table, judge)
    if not fitting:
        yield _of_no_table(facts, found, files)


def _beginning(found: Found, files: Files) -> bytes:
    """The first bytes of a CSV file; other forms are not guessed, and not read for it."""
    if form_of(found.path) != "CSV":
        return b""
    with files.open(found.path) as file:
        return unpacked(file)


def unpacked(file: BinaryIO) -> bytes:
    """The first bytes of a file, unpacked as far as they are whole."""
    first = file.read(BYTES)
    try:
        while first.startswith(GZIP):
            first = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(first, BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return b""
    return first


def _of_table(given: FileSeen, found: Found, files: Files, source: Source, name: str, judge: Judge | None) -> FileSeen:
    try:
        rows = _sample(found, files, name, source.tables[name])
    except InputError as error:
        return replace(given, fault=str(error))
    seen = _with_rows(given, rows, source.tables[name])
    seen = replace(seen, advice=[*seen.advice, *_of_columns(seen.columns, source.tables[name])])
    return replace(seen, rejected=judge(rows, source, name)) if judge is not None and rows.num_rows else seen


def _of_guess(guess: Guess, table: SourceTable, beginning: bytes) -> list[str]:
    declared = {name: getattr(table, name) for name in vars(guess)}
    # Letters without accents are the same in most encodings: what is declared reads them as well as another.
    is_same = decoded(beginning, table.encoding) == decoded(beginning, guess.encoding)
    differing = [] if is_same else [f"encoding: {guess.encoding} (declared is {table.encoding})"]
    names = ["escape"] if guess.escape else []
    names += ["delimiter"] if "delimiter" in table.model_fields_set or guess.delimiter != "\t" else []
    names += ["skip_rows"] if guess.skip_rows else []
    return differing + [
        f"{n}: {getattr(guess, n)!r} (declared is {declared[n]!r})" for n in names if declared[n] != getattr(guess, n)
    ]


def _of_columns(columns: Sequence[ColumnSeen], table: SourceTable) -> list[str]:
    found = []
    for column in (c for c in columns if c.field is not None):
        kind = column.kind
        if kind.date_forms and not set(kind.date_forms) & set(table.date_form):
            found.append(f"date_form: {' or '.join(kind.date_forms[:2])} for {column.name}")
        if kind.decimal and (kind.decimal, kind.thousands) != (table.decimal, table.thousands):
            found.append(f"decimal: {kind.decimal!r}, thousands: {kind.thousands!r} for {column.name}")
    others = like_declared((c.name for c in columns if c.field is None), table)
    return found + [f"{name} is not the declared {field}: {fix(name, field, table)}" for name, field in others.items()]


def _of_no_table(facts: FileSeen, found: Found, files: Files) -> FileSeen:
    try:
        table = table_for(facts, found, files)
        return _with_rows(facts, _sample(found, files, file_name(found.path), table), table)
    except (InputError, ValueError) as error:
        return replace(facts, fault=str(error).splitlines()[0])


def table_for(facts: FileSeen, found: Found, files: Files) -> SourceTable:
    """A declaration by which the file can be read, as it was guessed, with all of its columns as fields."""
    guess = facts.guess or Guess()
    with files.open(found.path) as file:
        names = [*map(composed_name, _names(file, facts.form, guess))]
    fields = fields_for(names if guess.header else [f"column_{n}" for n in range(1, len(names) + 1)])
    own = {k: v for k, v in vars(guess).items() if v is not None and getattr(Guess(), k) != v}
    return SourceTable.model_validate({**own, "fields": [{name: header} for name, header in fields.items()]})


def _names(file: BinaryIO, form: str, guess: Guess) -> list[str]:
    if form == "Parquet":
        return parquet_names(file)
    text = unpacked(file)
    if form == "JSON lines":
        return _keys(text)
    return first_row(text, guess)


def _keys(text: bytes) -> list[str]:
    keys: dict[str, None] = {}
    for line in text.decode(encoding_of(text), "replace").splitlines()[:SAMPLE]:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        keys |= dict.fromkeys(row) if isinstance(row, dict) else {}
    return list(keys)


def fields_for(headers: Sequence[str]) -> dict[str, str]:
    """Names of fields, each with its header: letters, digits and _ alone, none twice."""
    found: dict[str, str] = {}
    for header in headers:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", header).strip("_") or "column"
        plain = plain if plain[0].isalpha() else f"c_{plain}"
        name = next(
            n for n in (plain, *(f"{plain}_{k}" for k in range(2, 10_000))) if n.lower() not in {f.lower() for f in found}
        )
        found[name] = header
    return found


def _sample(found: Found, files: Files, name: str, table: SourceTable) -> pa.Table:
    """The first rows. Raises InputError as reading does."""
    with files.open(found.path) as file:
        check_beginning(file, found.path, name, table)
    with files.open(found.path) as file:
        batches = list(_until(read(file, found.path, name, table)))
    return pa.Table.from_batches(batches).slice(0, SAMPLE) if batches else pa.table({})


def _until(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        yield batch
        if rows >= SAMPLE:
            return


def _with_rows(facts: FileSeen, rows: pa.Table, table: SourceTable) -> FileSeen:
    if not rows.num_rows:
        return facts
    malformed = rows.num_rows - rows.column("_malformed").null_count
    whole = rows.filter(rows.column("_malformed").is_null())
    columns = [_column(header, name, whole.column(name).to_pylist()) for name, header in table.all_fields.items()]
    extra = [json.loads(text) if text else {} for text in whole.column("_extra").to_pylist()]
    others = dict.fromkeys(key for row in extra for key in row)
    columns += [_column(key, None, [row.get(key) for row in extra]) for key in others]
    shown = [{k: v for k, v in row.items() if not k.startswith("_")} for row in whole.slice(0, SHOWN).to_pylist()]
    return replace(facts, rows=rows.num_rows, malformed=malformed, columns=columns, sample=shown)


def _column(header: str, name: str | None, values: Sequence[Any]) -> ColumnSeen:
    there = [str(value).strip() for value in values if value is not None and str(value).strip()]
    empty = 1 - len(there) / len(values) if values else 1.0
    return ColumnSeen(header, name, kind_of(there), round(empty, 3), there[0] if there else None)
