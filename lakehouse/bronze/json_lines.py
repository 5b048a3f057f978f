"""JSON lines: a JSON object a line (jsonlines.org), in UTF-8.

Values become text from which they can be had back: numbers of up to 38 digits exactly, objects and arrays as JSON. A key
that a line does not have is null. Lines of blanks alone are none.
"""

import gzip
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contract.source import SourceTable

BYTE_ORDER_MARK = "\ufeff"
BEGINNING = 4096


def read_json_lines(spark: SparkSession, paths: list[str], table: SourceTable, source_file: Column) -> DataFrame:
    """The declared fields of each line by their keys, `_extra`, `_malformed` and `source_file` as `_source_file`.

    paths: as Spark takes them, patterns escaped. Each line is read as one map, since it has keys of its own.
    """
    line = F.trim(F.regexp_replace("value", f"^{BYTE_ORDER_MARK}", ""))
    lines = spark.read.text(paths).select(line.alias("_line"), source_file).where("_line <> ''")
    keyed = lines.withColumn("_keys", _keys(F.col("_line")))
    declared = list(table.all_fields.values())
    fields = [F.nullif(F.col("_keys")[header], F.lit("")).alias(name) for name, header in table.all_fields.items()]
    extra = F.map_filter("_keys", lambda key, value: ~key.isin(declared))
    return keyed.select(
        *fields,
        F.when(F.size(extra) > 0, F.to_json(extra)).alias("_extra"),
        F.when(F.col("_keys").isNull(), F.col("_line")).alias("_malformed"),
        "_source_file",
    )


def _keys(line: Column) -> Column:
    """Key and text of each value, null for what is no JSON object, names a key twice, or has something behind the object.

    In an array, so that text behind the object is noticed; as a variant, so that decimals are not rounded.
    """
    parsed = F.try_parse_json(F.concat(F.lit("["), line, F.lit("]")))
    objects = F.try_variant_get(parsed, "$", "array<map<string,string>>")
    return F.when(F.size(objects) == 1, objects[0])


def is_array(spark: SparkSession, path: str) -> bool:
    """Whether the file at `path` begins like a JSON array, which is not JSON lines. A local file is opened here.

    Raises what opening a damaged file raises, `lakehouse.bronze.header.DAMAGE`.
    """
    text = _remote(spark, path) if "://" in path else _local(Path(path.removeprefix("file:")))
    return text.lstrip(BYTE_ORDER_MARK + " \t\r\n").startswith("[")


def _local(path: Path) -> str:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="UTF-8", errors="replace") as lines:
        return lines.read(BEGINNING)


def _remote(spark: SparkSession, path: str) -> str:
    return "".join(str(row.value) for row in spark.read.text(path).take(1))
