"""Recomputing the keys that changes of the sources touch, and upserting their rows."""

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.refresh.publication import checked
from lakehouse.refresh.refreshing import Refreshing
from lakehouse.refresh.run import Outcome
from libs.store.conditions import Condition, any_differs
from libs.store.staged import Staging
from libs.tables import Slices, Table


def by_keys(refreshing: Refreshing, slices: Slices) -> Outcome | None:
    """Recompute the touched keys; rows of theirs that no longer exist are deleted. None when every key is touched."""
    touched = _touched_keys(refreshing, slices)
    if touched is None:
        return None
    with refreshing.store.staging() as staging:
        keys = staging.keep(touched)
        return _merged(refreshing, slices, keys.rows, staging) if keys.count else refreshing.unchanged()


def _touched_keys(refreshing: Refreshing, slices: Slices) -> DataFrame | None:
    """One column `slice` with the keys whose facts changed or crossed `as_of`, or None when every key did."""
    newer = refreshing.newer()
    if any(slices.slice_of(name) is None for name in newer):
        return None
    feeds = {n: refreshing.store.changes(n, *versions) for n, versions in newer.items()}
    rows = [feed.select(F.expr(str(slices.slice_of(n))).alias("slice")) for n, feed in feeds.items()]
    rows += [moved.select(F.expr(str(slices.slice_of(n))).alias("slice")) for n, moved in _crossed(refreshing).items()]
    return reduce(DataFrame.unionByName, rows).where("slice is not null").distinct() if rows else None


def _crossed(refreshing: Refreshing) -> dict[str, DataFrame]:
    """For each source with a time, the rows between the `as_of` of the last refresh and that of this one."""
    assert refreshing.before is not None
    old, new = refreshing.before.as_of, refreshing.run.as_of
    if old == new or old is None or new is None:
        return {}
    first, last = sorted((old, new))
    crossed = {}
    for name in refreshing.table.sources:
        event_time = refreshing.catalogue[name].table.event_time
        if event_time:
            at = F.col(event_time)
            crossed[name] = refreshing.store.read(name, refreshing.now[name].version).where((at >= first) & (at < last))
    return crossed


def _merged(refreshing: Refreshing, slices: Slices, touched: DataFrame, staging: Staging) -> Outcome:
    table, store = refreshing.table, refreshing.store
    sources = {n: _of_keys(refreshing.source(n), slices.slice_of(n), touched) for n in table.sources}
    staged = checked(refreshing.run, table, _of_keys(refreshing.transformed(sources), slices.by, touched), staging)
    stored = _of_keys(store.read(table.name), slices.by, touched)
    deleted = stored.join(staged.rows.select(*table.primary_key), on=list(table.primary_key), how="left_anti")
    marked = staged.rows.withColumn("_deleted", F.lit(False)).unionByName(deleted.withColumn("_deleted", F.lit(True)))
    assert refreshing.before is not None
    written = store.merge(table, marked, _differs(table), refreshing.state(refreshing.before.generation))
    return Outcome(table.name, "slices", rows_out=written.changed, version=written.version)


def _of_keys(rows: DataFrame, expression: str | None, touched: DataFrame) -> DataFrame:
    if expression is None:
        return rows
    return rows.join(touched, on=F.expr(expression) == touched["slice"], how="left_semi")


def _differs(table: Table) -> Condition:
    return any_differs([name for name in table.column_names if name not in table.primary_key])
