"""Columns of a silver table that are looked up in another one, and rows that take part again as the other table changed."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.refresh.fed import Fed, looked_up
from lakehouse.refresh.one_merge import Merging
from libs.tables import Lookup

LOOKED_UP = "_looked_up_"


def revisited(merging: Merging, fed: Fed) -> list[DataFrame]:
    """Rows of the table whose looked up values may have changed, as they came, without those values."""
    lookups = looked_up(merging.rule, [fed])
    columns = [lookup.column for lookup in lookups]
    found = [rows for of_table in _by_table(lookups) for rows in _revisited_by(merging, of_table[0])]
    return [r.where(F.col("source") == fed.source.source).drop(*merging.rule.derived, *columns) for r in found]


def _by_table(lookups: Iterable[Lookup]) -> list[list[Lookup]]:
    """The lookups that one join makes, together."""

    def join(lookup: Lookup) -> tuple[str, str]:
        return lookup.table, lookup.on

    return [list(of_table) for _, of_table in groupby(sorted(lookups, key=join), key=join)]


def _revisited_by(merging: Merging, lookup: Lookup) -> list[DataFrame]:
    assert merging.before is not None
    after, until = merging.before.consumed[lookup.table].version, merging.now[lookup.table].version
    if after == until:
        return []
    key = merging.catalogue[lookup.table].table.primary_key[0]
    changed = merging.store.changes(lookup.table, after, until).select(F.col(key).alias("_changed")).distinct()
    there = merging.store.read(merging.table.name)
    touched = there.join(changed, on=there[lookup.on] == changed["_changed"], how="left_semi")
    # Asked first, over the one column: most changes are new users and products, which no row refers to yet.
    return [] if touched.select(lookup.on).isEmpty() else [touched]


def completed(merging: Merging, rows: DataFrame, feeds: Sequence[Fed]) -> DataFrame:
    """The rows of these feeds with the columns, or values, that are looked up, and the derived ones."""
    there = rows.columns
    lookups = [lookup for lookup in looked_up(merging.rule, feeds) if lookup.fills or lookup.column not in there]
    for of_table in _by_table(lookups):
        rows = _joined(merging, rows, of_table)
    derived = {column: F.expr(expression) for column, expression in merging.rule.derived.items()}
    columns = [derived[name].alias(name) if name in derived else F.col(name) for name in merging.table.column_names]
    return rows.select(*columns)


def _joined(merging: Merging, rows: DataFrame, lookups: Sequence[Lookup]) -> DataFrame:
    """The rows with what these lookups of one table find; a value that is there stays."""
    there, table, on = rows.columns, lookups[0].table, lookups[0].on
    key = merging.catalogue[table].table.primary_key[0]
    taken = [F.col(lookup.take).alias(LOOKED_UP + lookup.column) for lookup in lookups]
    other = merging.other(table).select(F.col(key).alias("_key"), *taken)
    joined = rows.join(other, on=rows[on] == other["_key"], how="left")
    found = {k.column: [*([k.column] if k.column in there else []), LOOKED_UP + k.column] for k in lookups}
    completed = {column: F.coalesce(*values) if len(values) > 1 else F.col(values[0]) for column, values in found.items()}
    return joined.withColumns(completed).drop("_key", *(LOOKED_UP + column for column in found))
