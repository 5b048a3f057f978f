"""Reading a file of a source's table: from an opened binary file to Arrow record batches of text, whatever its form.

Out come, whatever the order of the file's columns: the declared fields as text, by the names in the file's own header or by
the keys of its JSON lines; `_extra` (a JSON object of the columns that no declaration names); `_malformed` (the text of a row
with a wrong number of fields, whose fields can't be trusted, of a row whose values hold whole lines of the file, or of a
line that is no JSON object); `_composed` (whether a value was not in Unicode's composed form as it came); `_source_file`;
and `_row_number`, 1 for the first row behind the header. An empty value is
null, quoted or not. Values and names of columns are in Unicode's composed form, NFC (`lakehouse.bronze.spelling`), the text of
malformed rows as it came. Lines of blanks and delimiters alone before a CSV file's header are left out.

A file is read in blocks: memory does not grow with it.
"""

import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

import pyarrow as pa

from lakehouse.bronze.blocks import Block, nulls
from lakehouse.bronze.csv_parser import Dialect
from lakehouse.bronze.csv_rows import csv_blocks
from lakehouse.bronze.damage import GZIP, NotAsDeclared, beginning, check_is_text, told
from lakehouse.bronze.endings import file_name, form_of, is_by_tabs
from lakehouse.bronze.extra import as_objects
from lakehouse.bronze.json_lines import is_array, json_blocks
from lakehouse.bronze.parquet_rows import parquet_blocks, parquet_names, untold
from lakehouse.bronze.remarks import Remark
from lakehouse.bronze.spelling import composed, composed_name, is_composed_anew
from lakehouse.bronze.text import Lead, as_utf8, delimiter_said
from lakehouse.contract.source import SourceTable
from libs.errors import InputError

TAB = "\t"


def check_beginning(file: BinaryIO, path: str, name: str, table: SourceTable) -> list[Remark]:
    """What is to be said of the file before it is read: that it has nothing but blank lines, or which columns can't be taken.

    Raises InputError, one line, when it is seen by its beginning not to be one of the source table called `name`.
    """
    remarks: list[Remark] = []
    with told(file, path, name):
        match form_of(path):
            case "CSV":
                names = list(_csv(file, path, table).names)
                remarks += [] if names else [_blank(path)]
            case "JSON lines":
                text = as_utf8(_unpacked(file), "UTF-8", lead=Lead(marks=""))
                if is_array(text):
                    raise _no_lines(path, name)
                names = []
                remarks += [] if text.peek() else [_blank(path)]
            case "Parquet":
                names = parquet_names(file)
                remarks += _untold(untold(file), path, name, table)
    if names:
        _check_names([*map(composed_name, names)], path, name, table)
    return remarks


def _blank(path: str) -> Remark:
    return Remark(file_name(path), "nothing but blank lines", "have nothing but blank lines")


def _untold(types: Mapping[str, str], path: str, name: str, table: SourceTable) -> list[Remark]:
    """Raises InputError when a declared column is among those whose values have no text."""
    for column, kind in types.items():
        if composed_name(column) in table.all_fields.values():
            raise InputError(
                f"{file_name(path)}: table {name}: column {column} is of type {kind}, whose values have no text: "
                "write it as text, number or timestamp and run again"
            )
    columns = ", ".join(f"{column} of type {kind}" for column, kind in types.items())
    told = f"not taken: column {columns}, whose values have no text"
    return [Remark(file_name(path), told, f"lack a column that was {told}")] if types else []


def read(file: BinaryIO, path: str, name: str, table: SourceTable) -> Iterator[pa.RecordBatch]:
    """The rows of a file of the source table called `name`, as the module says.

    Raises InputError, one line, where it can't be read to its end.
    """
    first = 1
    with told(file, path, name):
        for block in _blocks(file, path, table):
            yield _named(block, file_name(path), first, table)
            first += block.rows


def _blocks(file: BinaryIO, path: str, table: SourceTable) -> Iterator[Block]:
    match form_of(path):
        case "CSV":
            csv = _csv(file, path, table)
            return csv_blocks(csv.text, csv.names, csv.dialect, table.header, table.multiline)
        case "JSON lines":
            return json_blocks(as_utf8(_unpacked(file), "UTF-8", is_by_line=True), list(table.all_fields.values()))
        case "Parquet":
            return parquet_blocks(file)


@dataclass(frozen=True)
class _Csv:
    """An opened CSV file: its text from the header or first row on, the names of its columns, and its dialect."""

    text: io.BufferedReader
    names: Sequence[str]
    dialect: Dialect


def _csv(file: BinaryIO, path: str, table: SourceTable) -> _Csv:
    """Lines that name nothing, of blanks and delimiters alone, are left out before the header. Raises NotAsDeclared.

    A first line `sep=;`, by which spreadsheets say the delimiter, is left out and says it, whatever is declared.
    """
    unpacked = _unpacked(file)
    said = delimiter_said(beginning(unpacked), table.encoding)
    declared = TAB if is_by_tabs(path) and "delimiter" not in table.model_fields_set else table.delimiter
    delimiter = said or declared
    dialect = Dialect.of(delimiter, table.quote, table.escape)
    skipped = max(table.skip_rows, 1 if said else 0)
    lead = Lead(skipped, delimiter + table.quote if table.header else None)
    by_line = not table.multiline
    text = as_utf8(unpacked, table.encoding, dialect.swapped, is_by_line=by_line, lead=lead, marks=dialect.marks)
    first = dialect.names(text.peek())
    return _Csv(text, first if table.header else _by_place(len(first), table), dialect)


def _by_place(columns: int, table: SourceTable) -> list[str]:
    """The names of so many columns of a file without a header; those behind the declared ones are numbered."""
    declared = list(table.all_fields.values())
    if 0 < columns < len(table.fields):
        raise NotAsDeclared(f"its first row has {columns} values, and {len(table.fields)} fields are declared")
    return [*declared[:columns], *(f"column_{number}" for number in range(len(declared) + 1, columns + 1))]


def _unpacked(file: BinaryIO) -> BinaryIO:
    """What gzip compressed, whatever the file's name says: some programs unpack a file and keep its name, or pack it and do.

    Servers that pack what they send pack packed files once more. Raises NotTextual where what was packed is no text.
    """
    while beginning(file).startswith(GZIP):
        file = cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))
    check_is_text(beginning(file))
    return file


def _named(block: Block, source_file: str, first: int, table: SourceTable) -> pa.RecordBatch:
    declared = table.all_fields
    columns = {composed_name(name): texts for name, texts in block.columns.items()}
    rest = {name: texts for name, texts in columns.items() if name not in declared.values()}
    none = nulls(block.rows)
    extra = as_objects(rest) if rest else block.extra
    came = {name: columns.get(header, none) for name, header in declared.items()} | {"_extra": none if extra is None else extra}
    values = {name: composed(texts) for name, texts in came.items()}
    own = {
        "_malformed": block.malformed,
        "_composed": is_composed_anew(came, values, block.rows),
        "_source_file": pa.repeat(source_file, block.rows),
        "_row_number": pa.array(range(first, first + block.rows), pa.int64()),
    }
    return pa.RecordBatch.from_pydict(values | own)


def _no_lines(path: str, name: str) -> InputError:
    return InputError(
        f"{file_name(path)}: table {name}: the file is one JSON array: write one JSON object a line, without commas"
    )


def _check_names(names: Sequence[str], path: str, name: str, table: SourceTable) -> None:
    missing = [header for header in table.fields.values() if header not in names]
    if missing:
        if any("\x00" in column for column in names):
            byte_order = "BE" if names[0].startswith("\x00") else "LE"
            raise InputError(
                f"{file_name(path)}: table {name}: the file is UTF-16 without a mark that says so: declare `encoding: UTF-16-{byte_order}`"
            )
        raise InputError(
            f"{file_name(path)}: table {name} has no column {', '.join(missing)} (it has {', '.join(names)}): add the column "
            "to the file, or name the right one in the source's declaration"
        )
    twice = sorted({n for n in names if [m.lower() for m in names].count(n.lower()) > 1})
    if twice:
        raise InputError(
            f"{file_name(path)}: table {name}: more than one column is called {', '.join(twice)}: rename or drop one"
        )
