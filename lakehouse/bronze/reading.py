"""Reading the files of one source table as text, each by the names in its own header, or JSON lines by their keys.

Out come, for every file whatever its format and the order of its columns: the declared fields as text, `_extra` (a JSON
object of the columns that no declaration names), `_malformed` (the text of a row with a wrong number of fields, whose
fields can't be trusted, of a row whose values hold whole lines of the file, or of a line that is no JSON object) and
`_source_file`. An empty value is null, quoted or not.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from pathlib import PurePosixPath
from typing import Literal

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    MapType,
    StringType,
    StructField,
    StructType,
    VariantType,
)

from lakehouse.bronze.files import literal
from lakehouse.bronze.header import DAMAGE, header
from lakehouse.bronze.json_lines import is_array, read_json_lines
from lakehouse.bronze.unclosed import whole_lines_inside
from lakehouse.contract.source import SourceTable
from libs.errors import InputError

PLAIN = re.compile(r"[A-Za-z0-9._-]+")
Form = Literal["CSV", "JSON lines", "Parquet"]
ENDINGS: dict[Form, tuple[str, ...]] = {
    "CSV": (".csv", ".csv.gz", ".tsv", ".tsv.gz"),
    "JSON lines": (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".json.gz"),
}


def read_files(spark: SparkSession, paths: Sequence[str], name: str, table: SourceTable) -> DataFrame:
    """Read `paths`, files of the source table called `name`. Files of equal columns are read together.

    Raises InputError for a file that can't be read or lacks a field.
    """
    groups: dict[tuple[Form, StructType], list[str]] = defaultdict(list)
    for path in paths:
        schema = _schema(spark, path, name, table)
        if schema.fields or form_of(path) == "JSON lines":
            groups[form_of(path), schema].append(path)
    parts = [_part(spark, form, schema, files, table) for (form, schema), files in groups.items()]
    return reduce(DataFrame.unionByName, parts) if parts else _nothing(spark, table)


def _part(spark: SparkSession, form: Form, schema: StructType, paths: list[str], table: SourceTable) -> DataFrame:
    source_file = _source_file(paths).alias("_source_file")
    if form == "JSON lines":
        return read_json_lines(spark, [literal(path) for path in paths], table, source_file)
    return _named(_read(spark, form, schema, paths, table), schema, source_file, table)


def _nothing(spark: SparkSession, table: SourceTable) -> DataFrame:
    names = [*table.all_fields, "_extra", "_malformed", "_source_file"]
    return spark.createDataFrame([], StructType([StructField(n, StringType()) for n in names]))


def file_name(path: str) -> str:
    """The last part of a path."""
    return PurePosixPath(path).name


def form_of(path: str) -> Form:
    """In which form a file comes, by its ending."""
    return next((form for form, endings in ENDINGS.items() if path.lower().endswith(endings)), "Parquet")


def _schema(spark: SparkSession, path: str, name: str, table: SourceTable) -> StructType:
    """The columns of one file with their types; none for a file of no bytes, and for JSON lines, each of which has its own."""
    try:
        if form_of(path) == "JSON lines":
            _check_lines(spark, path, name)
            schema = StructType([])
        elif form_of(path) == "CSV":
            schema = StructType([StructField(n, StringType()) for n in header(_csv(spark, table), path, table)])
        else:
            schema = spark.read.parquet(literal(path)).schema
    except DAMAGE:
        raise unreadable(path, name) from None
    if schema.fields:
        _check_names(schema.fieldNames(), path, name, table)
    return schema


def _check_lines(spark: SparkSession, path: str, name: str) -> None:
    if is_array(spark, path):
        raise InputError(
            f"{file_name(path)}: table {name}: the file is one JSON array: write one JSON object a line, without commas"
        )


def _check_names(names: Sequence[str], path: str, name: str, table: SourceTable) -> None:
    missing = [header for header in table.fields.values() if header not in names]
    if missing:
        raise InputError(
            f"{file_name(path)}: table {name} has no column {', '.join(missing)} (it has {', '.join(names)}): add the column "
            "to the file, or name the right one in the source's declaration"
        )
    twice = sorted({n for n in names if [m.lower() for m in names].count(n.lower()) > 1})
    if twice:
        raise InputError(
            f"{file_name(path)}: table {name}: more than one column is called {', '.join(twice)}: rename or drop one"
        )


def _csv(spark: SparkSession, table: SourceTable) -> DataFrameReader:
    return spark.read.options(
        sep=table.delimiter,
        quote=table.quote,
        escape=table.quote,
        encoding=table.encoding,
        multiLine=table.multiline,
        mode="PERMISSIVE",
    )


def _read(spark: SparkSession, form: Form, schema: StructType, paths: list[str], table: SourceTable) -> DataFrame:
    files = [literal(path) for path in paths]
    if form == "Parquet":
        return spark.read.schema(schema).parquet(*files).withColumn("_malformed", F.lit(None).cast("string"))
    with_malformed = StructType([*schema.fields, StructField("_malformed", StringType())])
    reader = _csv(spark, table).options(header=True, columnNameOfCorruptRecord="_malformed")
    rows = reader.schema(with_malformed).csv(files)
    return _with_swallowed_lines(rows, schema.fieldNames(), table) if table.multiline else rows


def _with_swallowed_lines(rows: DataFrame, names: Sequence[str], table: SourceTable) -> DataFrame:
    line = F.concat_ws(table.delimiter, *[_as_text(name, StringType()) for name in names])
    swallowed = F.when(whole_lines_inside(names, table.delimiter), line)
    return rows.withColumn("_malformed", F.coalesce("_malformed", swallowed))


def _named(rows: DataFrame, schema: StructType, source_file: Column, table: SourceTable) -> DataFrame:
    types = {field.name: field.dataType for field in schema.fields}
    fields = [_field(name, header, types) for name, header in table.all_fields.items()]
    extra = [n for n in types if n not in table.all_fields.values()]
    rest = F.to_json(F.struct(*[_as_text(n, types[n]).alias(n) for n in extra])) if extra else F.lit(None).cast("string")
    return rows.select(*fields, rest.alias("_extra"), "_malformed", source_file)


def _source_file(paths: list[str]) -> Column:
    """Spark gives names as in a URL; decoding costs, and plain names need none."""
    name = F.col("_metadata.file_name")
    if all(PLAIN.fullmatch(file_name(path)) for path in paths):
        return name
    return F.url_decode(F.replace(name, F.lit("+"), F.lit("%2B")))


def _field(name: str, header: str, types: dict[str, DataType]) -> Column:
    text = _as_text(header, types[header]) if header in types else F.lit(None).cast("string")
    return text.alias(name)


def _as_text(name: str, type_: DataType) -> Column:
    """A column's values as text from which they can be had back: nothing is rounded, timestamps are ISO."""
    column = F.col("`" + name.replace("`", "``") + "`")
    if isinstance(type_, StructType | ArrayType | MapType | VariantType):
        return F.to_json(column)
    return F.base64(column) if isinstance(type_, BinaryType) else column.cast("string")


def unreadable(path: str, name: str) -> InputError:
    """One line for a file that Spark can't read."""
    return InputError(
        f"{file_name(path)}: table {name}: the file is cut short, damaged or no {form_of(path)}: replace or remove it and run again"
    )
