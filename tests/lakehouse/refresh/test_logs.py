"""Logs of runs: appended to by every run, and carried over where an older version began them under other names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import quality_results, reconciliation, refresh_results
from lakehouse.refresh.logs import append
from libs.errors import InputError
from libs.store.form import check_form
from libs.store.port import Store
from libs.tables import Table
from tests.lakehouse.random_rows import shown
from tests.libs.store.declaring import declaring
from tests.stores import store_at

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
AS_OF = datetime(2025, 12, 31, tzinfo=UTC)
# As they were before their columns got the names that they have now.
FORMER = {
    refresh_results.TABLE.name: """run_id string, `table` string, mode string, rows_in bigint, rows_out bigint, quarantined bigint,
        duplicates bigint, seconds double, version bigint, ran_at timestamp, as_of timestamp""",
    quality_results.TABLE.name: """`table` string, expectation string, severity string, passed boolean, observed bigint,
        unexpected_count bigint, meaning string, checked_at timestamp, run_id string""",
    reconciliation.TABLE.name: """run_id string, `table` string, check string, left_value decimal(38,6),
        right_value decimal(38,6), difference decimal(38,6), passed boolean, figures bigint, different_figures bigint,
        meaning string, source_versions string, checked_at timestamp""",
}


def ran(run_id: str, moment: datetime) -> tuple[Any, ...]:
    return (run_id, "silver.users", "merge", 10, 4, 1, 5, 1.5, 2, moment, AS_OF)


def reconciled(run_id: str, moment: datetime) -> tuple[Any, ...]:
    return (run_id, "gold.x", "sum", Decimal(7), Decimal(5), Decimal(2), False, 3, 1, "sums agree", "{}", moment)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return store_at(str(tmp_path), spark)


def begin(store: Store, table: Table, *rows: tuple[Any, ...]) -> None:
    """A log as an older version left it, a commit a row."""
    time = "ran_at" if table == refresh_results.TABLE else "checked_at"
    for row in rows:
        former, rows_of_it = declaring(table.name, store.spark.createDataFrame([row], FORMER[table.name]))
        store.append(replace(former, event_time=time), rows_of_it)


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def test_rows_of_an_older_version_stay_under_the_new_names_in_one_commit_before_the_append(store: Store) -> None:
    table = refresh_results.TABLE
    begin(store, table, ran("a", OLD), ran("b", OLD + timedelta(days=1)))
    append(store, table, [ran("c", NEW)])
    # delta-rs commits properties that name other columns beforehand.
    properties = 1 if store.engine == "native" else 0
    assert store.read(table.name).columns == table.column_names
    columns = ("run_id", "rows_in", "rows_out", "quarantined", "rows_seen_before", "started_at", "as_of")
    assert shown(store.read(table.name), *columns) == [
        ("a", 10, 4, 1, 5, naive(OLD), naive(AS_OF)),
        ("b", 10, 4, 1, 5, naive(OLD + timedelta(days=1)), naive(AS_OF)),
        ("c", 10, 4, 1, 5, naive(NEW), naive(AS_OF)),
    ]
    assert store.version(table.name) == 3 + properties
    assert shown(store.read(table.name, 2 + properties), "run_id") == [("a",), ("b",)]
    append(store, table, [ran("d", NEW)])
    assert store.version(table.name) == 4 + properties


def test_both_sides_of_a_former_reconciliation_are_kept(store: Store) -> None:
    table = reconciliation.TABLE
    begin(store, table, reconciled("a", OLD))
    append(store, table, [reconciled("b", NEW)])
    columns = ("run_id", "published_value", "recomputed_value", "difference", "different_figures", "checked_at")
    assert shown(store.read(table.name), *columns) == [
        ("a", Decimal(7), Decimal(5), Decimal(2), 1, naive(OLD)),
        ("b", Decimal(7), Decimal(5), Decimal(2), 1, naive(NEW)),
    ]


def test_former_checks_know_the_rows_checked_from_their_row_count_alone(store: Store) -> None:
    table = quality_results.TABLE
    begin(
        store,
        table,
        ("gold.x", "users > 0", "warn", False, 3, 3, "", OLD, "a"),
        ("gold.x", "row count", "warn", True, 90, 0, "", OLD, "a"),
    )
    append(store, table, [("gold.x", "users > 0", "warn", False, 80, 2, "", NEW, "b")])
    assert shown(store.read(table.name), "run_id", "expectation", "rows_checked", "unexpected_count") == [
        ("a", "row count", 90, 0),
        ("a", "users > 0", None, 3),
        ("b", "users > 0", 80, 2),
    ]


def test_a_run_with_nothing_to_add_carries_an_older_log_over_too(store: Store) -> None:
    table = reconciliation.TABLE
    begin(store, table, reconciled("a", OLD))
    append(store, table, [])
    assert store.columns(table.name) == table.column_names
    assert shown(store.read(table.name), "run_id") == [("a",)]
    append(store, table, [])
    assert store.version(table.name) == 1


def test_a_log_that_no_run_began_exists_after_a_run_with_nothing_to_add(store: Store) -> None:
    append(store, quality_results.TABLE, [])
    assert store.columns(quality_results.TABLE.name) == quality_results.TABLE.column_names
    assert store.row_count(quality_results.TABLE.name) == 0


@pytest.mark.parametrize("table", [refresh_results.TABLE, reconciliation.TABLE], ids=lambda table: table.name)
def test_a_log_of_an_older_version_is_refused_in_one_line_until_a_run_has_carried_it_over(store: Store, table: Table) -> None:
    row = ran("a", OLD) if table == refresh_results.TABLE else reconciled("a", OLD)
    begin(store, table, row)
    with pytest.raises(InputError, match="were made by an older version") as refused:
        check_form(store, table)
    assert str(refused.value).endswith("is missing): run python -m jobs.refresh")
    assert len(str(refused.value).splitlines()) == 1
    append(store, table, [row])
    check_form(store, table)
