"""What is asked about staged rows gets the same answers from DuckDB and from Spark, errors included."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from libs.store.rule_sql import rule_sql
from libs.store.spark_staging import SparkStaging
from libs.store.staged import NotEvaluable, Staged
from libs.tables import Table
from libs.tables.rules import rules
from tests.libs.store.held import HeldRows
from tests.libs.store.spark_queries import last_query

pytestmark = pytest.mark.only_spark

OnSpark = Callable[[HeldRows], Staged]
TABLES = [entry.table for entry in catalogue().values()]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 2**63 - 1
INTS = [0, 1, 2, -1, 7, 2**31 - 1, -(2**31)]
BIGINTS = [0, 1, 2, 3, -1, 7, 120, MOST // 8, -(MOST // 8)]
DOUBLES = [0.0, -0.0, 0.5, 1.0, 1.0000000000000002, -1.0, 90.0, float("nan"), float("inf"), -float("inf"), 5e-324, 1e308]
DAYS = [date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date(2024, 3, 1), date(1, 1, 1), date(9999, 12, 31)]
TEXTS = [
    "",
    "a",
    "A",
    " a",
    "a ",
    "é",
    "e\u0301",
    "日本",
    "(start)",
    "(exit)",
    "(more)",
    "on",
    "first_time",
    "event",
    "all",
    "null",
    "\\",
]
ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "decimal(18,6)": pa.decimal128(18, 6),
    "decimal(38,6)": pa.decimal128(38, 6),
}


def moment(chance: random.Random) -> datetime:
    """Often the first or the last microsecond of a day, also before 1970."""
    day = datetime.combine(chance.choice(DAYS[:4]), datetime.min.time(), UTC)
    return day + timedelta(microseconds=chance.choice([0, 86_399_999_999, chance.randrange(86_400_000_000)]))


def value(kind: str, chance: random.Random) -> Any:
    if chance.random() < 0.2:
        return None
    if kind.startswith("decimal"):
        digits = int(kind.removeprefix("decimal(").split(",")[0])
        # As with whole numbers, the sum of a table's rows still fits.
        most = 10 ** min(digits, 35) - 1
        return Decimal(f"{chance.choice([0, 1, -1, 10**6, most, -most])}e-6")
    drawn: Mapping[str, Callable[[], Any]] = {
        "string": lambda: chance.choice(TEXTS),
        "double": lambda: chance.choice(DOUBLES),
        "boolean": lambda: chance.choice([True, False]),
        "date": lambda: chance.choice(DAYS),
        "int": lambda: chance.choice(INTS),
        "bigint": lambda: chance.choice(BIGINTS),
        "timestamp": lambda: moment(chance),
    }
    return drawn[kind]()


def random_rows(columns: Mapping[str, str], seed: int, count: int) -> HeldRows:
    """Few rows often repeat in full, so that keys meet."""
    chance = random.Random(seed)
    rows = [{name: value(kind, chance) for name, kind in columns.items()} for _ in range(count)]
    rows += chance.sample(rows, len(rows) // 5)
    return HeldRows(pa.Table.from_pylist(rows, pa.schema([(name, ARROW[kind]) for name, kind in columns.items()])))


@pytest.fixture(scope="module")
def on_spark(spark: SparkSession) -> Iterator[OnSpark]:
    """The same rows in Spark's cache."""
    with SparkStaging() as staging:
        yield lambda held: staging.keep(spark.createDataFrame(held.table))


def columns_of(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}


def sorted_rows(rows: pa.Table) -> list[str]:
    return sorted(repr(tuple(_plain(v) for v in row.values())) for row in rows.to_pylist())


def _plain(found: Any) -> Any:
    """Sums are of other precisions: an equal number is the same."""
    return f"{Decimal(found).normalize():f}" if isinstance(found, int | Decimal) and not isinstance(found, bool) else found


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_every_rule_of_the_catalogue_counts_alike(on_spark: OnSpark, table: Table) -> None:
    wanted = {"rows": "count(1)"} | {rule.expectation: rule.count_sql for rule in rules(table)}
    for count in (150, 0):
        held = random_rows(columns_of(table), seed=len(table.name), count=count)
        found = held.counts(wanted)
        assert found == on_spark(held).counts(wanted)
        assert found["rows"] == held.table.num_rows
    # Rows that break no rule, or each of them, would show little.
    held = random_rows(columns_of(table), seed=len(table.name), count=150)
    assert all(0 < n < held.table.num_rows for name, n in held.counts(wanted).items() if name != "rows")


def test_every_rule_and_figure_of_the_catalogue_can_be_asked_of_duckdb() -> None:
    asked = [rule.count_sql for table in TABLES for rule in rules(table)]
    checks = [check for table in TABLES for check in table.reconciliations]
    asked += [sql for check in checks for sql in (check.where, check.own, *check.by.values())]
    assert len([rule_sql(sql) for sql in asked]) > 200


@pytest.mark.parametrize("table", [t for t in TABLES if t.reconciliations], ids=lambda table: table.name)
def test_the_own_side_of_every_reconciliation_is_the_same(on_spark: OnSpark, table: Table) -> None:
    held = summable(random_rows(columns_of(table), seed=len(table.name), count=300))
    for rows in (held, HeldRows(held.table.slice(0, 0))):
        kept = on_spark(rows)
        for check in table.reconciliations:
            asked = (check.where, check.by, check.own)
            own, other = rows.grouped(*asked), kept.grouped(*asked)
            assert own.column_names == other.column_names
            assert sorted_rows(own) == sorted_rows(other)


def summable(held: HeldRows) -> HeldRows:
    """No sum of them is beyond a bigint, nor any month that they name beyond the calendar."""
    rows = held.table.to_pylist()
    for row in rows:
        row.update({name: min(max(n, -99), 9999) for name, n in row.items() if type(n) is int})
        row.update({name: date(2024, 1, 31) for name in row if name == "cohort_start" and row[name] is not None})
    return HeldRows(pa.Table.from_pylist(rows, held.table.schema))


COLUMNS = {
    **dict.fromkeys(("n", "m"), "bigint"),
    **dict.fromkeys(("d", "e"), "double"),
    **dict.fromkeys(("s", "r", "interval", "table"), "string"),
    **dict.fromkeys(("b", "c"), "boolean"),
    **dict.fromkeys(("day", "other_day"), "date"),
    **dict.fromkeys(("at", "until"), "timestamp"),
    "i": "int",
    "p": "decimal(18,6)",
    "q": "decimal(38,6)",
}
CONDITIONS = [
    "n < m and d <= e or not b",
    "b <=> c",
    "not (d <=> e)",
    "d = e",
    "d <> e",
    "d > 1e308",
    "d between -1 and 1.5",
    "d >= n",
    "-d >= 0.5",
    "p < q",
    "p >= n",
    "p <= 0.000001",
    "p + p > 1999999999999.999",
    "p - 1 < p",
    "q = 0 or q > 99999999999999999999999999999999.999998",
    "p > d",
    "n + m + i <= 100",
    "n + n + n - m > 0",
    "-n > m",
    "n > 1152921504606846974",
    "s in ('a', 'é', '')",
    "s not in ('a', null)",
    "s < r",
    "s = 'e\u0301' or s = '\\\\'",
    "coalesce(s, r, 'none') <> 'a'",
    "nvl(n, 0) >= nvl(m, 0)",
    "if(b, n, m) > 0",
    "case s when 'a' then 1 when 'A' then 2 else 3 end < n",
    "b is true",
    "b is not false and c is not null",
    "(n > 0) = (s is not null)",
    "b = (c or n > 1)",
    "to_date(at) = day",
    "cast(at as date) >= other_day",
    "at > day",
    "at <= until",
    "day between date'1970-01-01' and '2024-03-01'",
    "add_months(day, 1) > other_day",
    "`interval` = `table`",
    "N = M",
]


@pytest.mark.parametrize("seed", range(3))
def test_conditions_of_every_accepted_kind_count_alike(on_spark: OnSpark, seed: int) -> None:
    held = random_rows(COLUMNS, seed, 400)
    # Of the first and the last year no month is left to add.
    days = [d if d is None or 1 < d.year < 9999 else date(2024, 1, 31) for d in held.table["day"].to_pylist()]
    held = HeldRows(held.table.set_column(held.table.column_names.index("day"), "day", pa.array(days, pa.date32())))
    wanted = {condition: f"count_if(not ({condition}))" for condition in CONDITIONS}
    wanted |= {f"{condition}, met": f"count_if({condition})" for condition in CONDITIONS}
    for keys in ("d", "p, q", "b, c", "at", "s, r", "day"):
        wanted[f"unique {keys}"] = f"count(1) - count(distinct struct({keys}))"
    found = held.counts(wanted)
    assert found == on_spark(held).counts(wanted)
    assert sum(n > 0 for n in found.values()) > len(CONDITIONS)


@pytest.mark.parametrize(
    "condition",
    [
        "n + 1 > 0",
        "n - -1 > 0",
        "-(0 - n - 1) < 0",
        "i + 1 > 0",
        "q + q > 0",
        "nowhere > 1",
        "n >",
        "to_date(s) = day",
    ],
)
def test_what_is_an_error_for_one_is_an_error_for_the_other(on_spark: OnSpark, condition: str) -> None:
    row = {"n": MOST, "i": 2**31 - 1, "q": Decimal(f"{'9' * 38}e-6"), "s": "no day", "day": date(2024, 1, 1)}
    types = {name: COLUMNS[name] for name in row}
    held = HeldRows(pa.Table.from_pylist([row], pa.schema([(name, ARROW[kind]) for name, kind in types.items()])))
    for rows in (held, on_spark(held)):
        with pytest.raises(NotEvaluable) as refused:
            rows.counts({"unmet": f"count_if(not ({condition}))"})
        assert len(str(refused.value).splitlines()) == 1
    # The same question without the overflow is answered.
    assert held.counts({"rows": "count(1)"}) == {"rows": 1}


@pytest.mark.parametrize(
    "sql",
    [
        "n / 2 > 1",
        "p * 2 > 1",
        "n div 2 = 1",
        "d % 2 = 1",
        "cast(d as int) = 1",
        "round(d) = 1",
        "s rlike 'a'",
        "s like 'a%'",
        "try_cast(s as date) = day",
    ],
)
def test_what_might_mean_something_else_is_refused_with_a_way_out(sql: str) -> None:
    with pytest.raises(NotEvaluable, match="known to answer alike: write it otherwise, or run with LAKEHOUSE_ENGINE=spark"):
        rule_sql(f"count_if(not ({sql}))")


def test_a_day_is_a_day_in_utc_wherever_the_process_runs() -> None:
    code = """
import pyarrow as pa
from datetime import UTC, date, datetime
from libs.store.arrow_counts import counts
rows = pa.table({"at": [datetime(2024, 1, 31, 23, 59, tzinfo=UTC)], "day": [date(2024, 1, 31)]})
print(counts(rows, {"same": "count_if(to_date(at) = day)", "later": "count_if(at > day)"}))
"""
    ran = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TZ": "Asia/Tokyo"}, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("{'same': 1, 'later': 1}\n", "")


def test_examples_and_repeated_values_are_the_same(on_spark: OnSpark) -> None:
    held = random_rows({"n": "bigint", "s": "string", "at": "timestamp"}, 1, 60)
    kept = on_spark(held)
    assert sorted_rows(held.examples("n < 2", ["s", "at"], 999)) == sorted_rows(kept.examples("n < 2", ["s", "at"], 999))
    assert sorted_rows(held.repeated(["n", "s"], 999)) == sorted_rows(kept.repeated(["n", "s"], 999))
    assert (held.repeated(["n"], 2).num_rows, kept.repeated(["n"], 2).num_rows) == (2, 2)
    assert (held.examples("n < 2", ["n"], 3).num_rows, kept.examples("n < 2", ["n"], 3).num_rows) == (3, 3)


def test_all_rules_of_a_table_take_one_query_of_spark(spark: SparkSession, on_spark: OnSpark) -> None:
    table = next(table for table in TABLES if table.name == "gold.funnel_daily")
    kept = on_spark(random_rows(columns_of(table), 1, 50))
    assert kept.count == 60
    before = last_query(spark)
    kept.counts({rule.expectation: rule.count_sql for rule in rules(table)})
    assert last_query(spark) - before == 1
