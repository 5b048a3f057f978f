"""Rows by whether another one has the same key in silver: of most tables few have, and only those need to be ordered.

Of bronze they are found before anything else is read of the rows, of rows that are staged by a query of their own.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.cleaning import with_ids
from lakehouse.contract.conform import Rows, made_ids, text_of, value_of
from lakehouse.contract.hashes import hash_of
from lakehouse.contract.source import Feed, Source
from libs.tables import Table

KEY = "_key_hash"
# More repeated keys than this make a long query.
FEW = 10_000


def by_repeats(rows: Rows, source: Source, feed: Feed, table: Table) -> tuple[Rows, Rows]:
    """The cleaned rows that are alone with their key, and those whose key other rows have too; together all of them.

    For large tables with few repeated keys: only the latter have to be ordered. Keys are compared by a hash, whose repeated
    values are broadcast, about 50 bytes each; a row may so stand among the repeated ones without need, never the other way.
    """
    keyed = _keyed(rows, source, feed, table)
    counted = keyed.groupBy(KEY).agg(F.count("*").alias("_rows"))
    repeated = F.broadcast(counted.where("_rows > 1").select(KEY))
    alone, shared = (keyed.join(repeated, on=KEY, how=how).drop(KEY) for how in ("left_anti", "left_semi"))
    return Rows(alone, rows.named, rows.beside), Rows(shared, rows.named, rows.beside)


def by_few_repeats(valid: DataFrame, table: Table) -> tuple[DataFrame, DataFrame] | None:
    """The valid rows of the table that are alone with their key, and the others; None where many keys are repeated.

    Asks for the repeated keys at once, so the rows should be staged.
    """
    if len(table.primary_key) > 1:
        return None
    (key,) = table.primary_key
    counted = valid.groupBy(key).agg(F.count(F.lit(1)).alias("_rows"))
    repeated = [row[key] for row in counted.where("_rows > 1").select(key).limit(FEW + 1).collect()]
    if len(repeated) > FEW:
        return None
    is_repeated = F.col(key).isin(*repeated) if repeated else F.lit(False)
    return valid.where(~is_repeated), valid.where(is_repeated)


def _keyed(rows: Rows, source: Source, feed: Feed, table: Table) -> DataFrame:
    keys = [column for column in table.columns if column.name in table.primary_key]
    names = [c.name for c in keys]
    named = rows.frame.select(F.struct("*").alias("_row"), *[text_of(feed, name).cast("string").alias(name) for name in names])
    texts = with_ids(named, (*names, "_row"), made_ids(feed, names), source)
    return texts.select("_row.*", hash_of({c.name: value_of(c, source) for c in keys}).alias(KEY))
