"""Rows of bronze by whether another one has the same key in silver, found before anything else is read of them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.cleaning import cleaned, id_fields, with_ids
from lakehouse.contract.conform import made_ids, text_of, value_of
from lakehouse.contract.hashes import fields_of, hash_of
from lakehouse.contract.source import Feed, Source
from libs.tables import Table

KEY = "_key_hash"


def by_repeats(bronze: DataFrame, source: Source, feed: Feed, table: Table) -> tuple[DataFrame, DataFrame]:
    """The rows that are alone with their key, and those whose key other rows have too; together all of `bronze`.

    For large tables with few repeated keys: only the latter have to be ordered. Keys are compared by a hash, whose repeated
    values are broadcast, about 50 bytes each; a row may so stand among the repeated ones without need, never the other way.
    """
    keyed = _keyed(bronze, source, feed, table)
    counted = keyed.groupBy(KEY).agg(F.count("*").alias("_rows"))
    repeated = F.broadcast(counted.where("_rows > 1").select(KEY))
    alone = keyed.join(repeated, on=KEY, how="left_anti")
    return alone.drop(KEY), keyed.join(repeated, on=KEY, how="left_semi").drop(KEY)


def _keyed(bronze: DataFrame, source: Source, feed: Feed, table: Table) -> DataFrame:
    keys = [column for column in table.columns if column.name in table.primary_key]
    fields, names = fields_of(bronze), [c.name for c in keys]
    given = bronze.select(F.struct("*").alias("_row"), *fields)
    rows = cleaned(given, fields, ["_row"], {f: c for f, c in id_fields([feed]).items() if f in fields}, [feed], source)
    named = rows.select(*[text_of(feed, name).cast("string").alias(name) for name in names], "_row")
    texts = with_ids(named, (*names, "_row"), made_ids(feed, names), source)
    return texts.select("_row.*", hash_of({c.name: value_of(c, source) for c in keys}).alias(KEY))
