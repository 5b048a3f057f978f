"""Laws that all derived tables obey, on random rows and on theLook's files."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from lakehouse.bench.definitions import DEFINITIONS
from lakehouse.catalogue.discovery import catalogue
from lakehouse.catalogue.entry import Entry
from lakehouse.funnels.declaration import load_funnels
from libs.settings.project import PROJECT_ROOT
from libs.tables import DATE, Slices
from tests.lakehouse.random_rows import DAYS, FIRST_DAY, SILVER, frame, random_silver, shown
from tests.lakehouse.recomputed import assert_same_table, qualified, recompute, silver_in_duckdb
from tests.lakehouse.thelook_rows import silver_rows, thelook_in_duckdb
from tests.stores import computed

DAY_SLICES = [
    (name, source)
    for name, entry in catalogue().items()
    if isinstance(entry.table.refresh, Slices) and {c.name: c.type for c in entry.table.columns}[entry.table.refresh.by] == DATE
    for source in entry.table.sources
    if entry.table.refresh.slice_of(source)
]
few_examples = settings(
    max_examples=3,
    deadline=None,
    # An example is a whole lakehouse: a failing one is not made smaller.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
seeds = st.integers(min_value=0, max_value=2**32)
moments = st.integers(min_value=10 * 24, max_value=(DAYS + 40) * 24).map(lambda hours: FIRST_DAY + timedelta(hours=hours))
AS_OF = FIRST_DAY + timedelta(days=60, hours=13)
# Funnels have an engine-independent recomputation of their own, in their test.
DERIVED = {name: catalogue()[name] for name in [*map(qualified, DEFINITIONS), "gold.funnel_daily"]}
DECLARATIONS = {"funnels": load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")}


@few_examples
@given(seed=seeds, as_of=moments)
def test_every_table_has_the_rows_that_another_engine_finds_by_the_definition(
    spark: SparkSession, seed: int, as_of: datetime
) -> None:
    rows = random_silver(seed)
    connection = silver_in_duckdb(rows)
    _cut(connection, as_of)
    _assert_as_recomputed(_derived(_frames(spark, seed), as_of), connection, as_of)


@pytest.mark.usefixtures("compiled")
def test_thelook_has_the_rows_that_another_engine_finds_in_its_files(spark: SparkSession, reference_data: Path) -> None:
    as_of = datetime(2026, 11, 21, tzinfo=UTC)
    connection = thelook_in_duckdb(reference_data)
    _cut(connection, as_of)
    silver = {f"silver.{name}": rows for name, rows in silver_rows(spark, reference_data).items()}
    _assert_as_recomputed(_derived(silver, as_of), connection, as_of)


@pytest.fixture(scope="module")
def whole(spark: SparkSession) -> dict[str, DataFrame]:
    """Every table of one random lakehouse, by name."""
    return _derived(_frames(spark, seed=7), AS_OF)


@few_examples
@given(touched=st.lists(st.integers(0, DAYS), min_size=1, max_size=6, unique=True))
def test_touched_days_recomputed_separately_have_the_same_rows_as_in_full(
    whole: dict[str, DataFrame], touched: list[int]
) -> None:
    days = [(FIRST_DAY + timedelta(days=n)).date() for n in touched]
    by_day = [e for e in DERIVED.values() if isinstance(e.table.refresh, Slices) and _slice_type(e) == DATE]
    assert len(by_day) == 10
    for entry in by_day:
        _assert_days_are_independent(entry, whole, days)


@few_examples
@given(touched=st.lists(st.integers(0, 39), min_size=1, max_size=6, unique=True))
def test_touched_sessions_recomputed_separately_have_the_same_rows_as_in_full(
    whole: dict[str, DataFrame], touched: list[int]
) -> None:
    is_touched = F.col("session_id").isin([f"session {n}" for n in touched])
    sources = {"silver.session_activity_daily": whole["silver.session_activity_daily"].where(is_touched)}
    alone = _transformed(DERIVED["silver.sessions"], sources, AS_OF)
    assert shown(alone) == shown(whole["silver.sessions"].where(is_touched), *alone.columns)


def _frames(spark: SparkSession, seed: int) -> dict[str, DataFrame]:
    rows = random_silver(seed)
    return {table.name: frame(spark, table, *rows[name]) for name, table in SILVER.items()}


def _derived(silver: Mapping[str, DataFrame], as_of: datetime) -> dict[str, DataFrame]:
    """Every table before `as_of`, each computed by its transform from those before it."""
    made = {name: _before(rows, name, as_of) for name, rows in silver.items()}
    for name, entry in DERIVED.items():
        made[name] = computed(_transformed(entry, made, as_of))
    return made


def _before(rows: DataFrame, name: str, as_of: datetime) -> DataFrame:
    event_time = catalogue()[name].table.event_time
    return computed(rows.where(F.col(event_time) < F.lit(as_of)) if event_time else rows)


def _transformed(entry: Entry, sources: Mapping[str, DataFrame], as_of: datetime) -> DataFrame:
    assert entry.transform is not None
    moment = {"as_of": as_of} if entry.wants_as_of else {}
    declared = {name: DECLARATIONS[name] for name in entry.wants}
    return entry.transform(*[sources[name] for name in entry.table.sources], **moment, **declared)


def _cut(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    for name, table in SILVER.items():
        if table.event_time:
            connection.execute(f"delete from {name} where {table.event_time} >= ?", [as_of.replace(tzinfo=None)])


def _assert_as_recomputed(made: Mapping[str, DataFrame], connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    recompute(connection, as_of)
    for name in DEFINITIONS:
        table = DERIVED[qualified(name)].table
        assert table.mismatches(made[table.name].schema) == []
        try:
            assert_same_table(connection, table, made[table.name])
        except AssertionError as error:
            pytest.fail(f"{table.name} ({', '.join(table.column_names)}): {error}")


def _slice_type(entry: Entry) -> object:
    refresh = entry.table.refresh
    assert isinstance(refresh, Slices)
    return next(c.type for c in entry.table.columns if c.name == refresh.by)


def _assert_days_are_independent(entry: Entry, whole: Mapping[str, DataFrame], days: list[date]) -> None:
    refresh, columns = entry.table.refresh, entry.table.column_names
    assert isinstance(refresh, Slices)
    ahead = refresh.days_ahead({name: DECLARATIONS[name] for name in entry.wants})
    needed = sorted({day + timedelta(days=n) for day in days for n in range(-refresh.lookback_days, ahead + 1)})
    sources = {s: whole[s].where(F.expr(str(refresh.slice_of(s))).isin(needed)) for s in entry.table.sources}
    touched = F.col(refresh.by).isin(days)
    alone, expected = _transformed(entry, sources, AS_OF).where(touched), whole[entry.table.name].where(touched)
    assert shown(alone, *columns) == shown(expected, *columns), entry.table.name


@pytest.mark.parametrize(("name", "source"), DAY_SLICES)
def test_duckdb_which_lists_the_touched_days_evaluates_the_slice_of_a_source_row(name: str, source: str) -> None:
    refresh = catalogue()[name].table.refresh
    assert isinstance(refresh, Slices)
    rows = to_arrow_schema(catalogue()[source].table.schema, timezone="UTC").empty_table()
    with duckdb.connect() as connection:
        connection.register("changes", rows)
        assert connection.sql(f"select {refresh.slice_of(source)} as day from changes").types == [duckdb.sqltype("date")]
