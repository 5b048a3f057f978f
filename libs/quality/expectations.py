"""Runs a table's expectations, by Great Expectations, on rows that are about to be published.

From the declaration: columns that are not nullable have no null, the primary key is unique (nulls equal each other), every
row meets each condition (a null result counts as met), and the rows are counted. Great Expectations evaluates them on the
Spark rows, in one aggregation per table; nothing is copied to the driver. `libs.quality.data_docs` writes its pages. The
example keys in an error come from a separate query, run only when an expectation failed.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import great_expectations as gx
from great_expectations.core import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.metadata_types import FailureSeverity
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.quality.unmet import ExpectNoUnmetRows
from libs.tables import Severity, Table, TableError
from libs.tables.rules import Rule, rules

ROW_COUNT = "row count"
EXAMPLES = 3


@dataclass(frozen=True)
class CheckResult:
    """The result of one expectation: `unexpected_count` of the `rows_checked` did not meet it."""

    table: str
    expectation: str
    severity: Severity
    passed: bool
    rows_checked: int
    unexpected_count: int
    meaning: str = ""


class ExpectationFailed(TableError):
    """Rows may not be published; the message is one line per failed expectation: table, condition, count, example keys."""


class Expectations:
    """The expectations of one run: one Great Expectations context, and every result so far.

    Tables may be checked from several threads at once.
    """

    def __init__(self, run_id: str, checked_at: datetime) -> None:
        """`checked_at` is the run's time, UTC, in every result, so that a repeated run gives the same."""
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        self.run_id, self.checked_at = run_id, checked_at
        self.results: list[CheckResult] = []
        self.context = gx.get_context(mode="ephemeral")
        self.context.enable_analytics(False)
        self.context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._lock = threading.Lock()

    def check(self, table: Table, rows: DataFrame, unique_key: bool = True) -> list[CheckResult]:
        """Run the table's expectations on `rows`, collect the results and return them, passed and failed.

        `rows` are read once; persist them first if they are written afterwards. `unique_key=False` skips the primary key, for
        rows whose key a MERGE keeps unique. Raises TableError when a condition can't be evaluated.
        """
        wanted = rules(table, unique_key)
        definition = self._definition(table, wanted)
        validated: Any = definition.run(
            batch_parameters={"dataframe": rows},
            result_format="BASIC",
            run_id=RunIdentifier(run_name=self.run_id, run_time=self.checked_at),
        )
        found = {r.expectation_config.meta["rule"]: r for r in validated.results}
        if any(r.exception_info.get("exception_message") or not r.result for r in found.values()):
            raise TableError("\n".join(_not_evaluable(table, rows, wanted)))
        counted = int(found[ROW_COUNT].result["observed_value"])
        results = [_result(table, rule, found[rule.expectation], counted) for rule in wanted]
        results.append(CheckResult(table.name, ROW_COUNT, "warn", True, counted, 0, "counted only"))
        with self._lock:
            self.results += results
        return results

    def enforce(self, table: Table, rows: DataFrame, unique_key: bool = True) -> None:
        """Check the rows; raise ExpectationFailed when an expectation of severity `fail` is not met."""
        results = self.check(table, rows, unique_key)
        broken = {rule.expectation: rule for rule in rules(table, unique_key)}
        failed = [r for r in results if not r.passed and r.severity == "fail"]
        if failed:
            raise ExpectationFailed("\n".join(_failure(table, rows, broken[r.expectation], r) for r in failed))

    def rows(self) -> list[tuple[Any, ...]]:
        """Every result so far as a row of `gold.quality_results`, by table, in the order of the declaration.

        A table that was checked in several parts has one row per expectation: the counts are sums, and all parts must have passed.
        """
        in_order = sorted(_whole(self.results), key=lambda r: r.table)
        return [
            (
                r.table,
                r.expectation,
                r.severity,
                r.passed,
                r.rows_checked,
                r.unexpected_count,
                r.meaning,
                self.checked_at,
                self.run_id,
            )
            for r in in_order
        ]

    def _definition(self, table: Table, wanted: Iterable[Rule]) -> ValidationDefinition:
        """A data source per table, because its Spark engine holds one batch at a time."""
        with self._lock:
            source = self.context.data_sources.add_or_update_spark(table.name, persist=False)
            batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
            suite = gx.ExpectationSuite(table.name, expectations=[_judged(rule) for rule in wanted] + [_counted()])
            self.context.suites.add_or_update(suite)
            definition = ValidationDefinition(name=table.name, data=batch, suite=self.context.suites.get(table.name))
            return self.context.validation_definitions.add_or_update(definition)


def _whole(parts: Iterable[CheckResult]) -> list[CheckResult]:
    found: dict[tuple[str, str], CheckResult] = {}
    for part in parts:
        key = (part.table, part.expectation)
        before = found.get(key)
        found[key] = part if before is None else _added(before, part)
    return list(found.values())


def _added(one: CheckResult, other: CheckResult) -> CheckResult:
    return replace(
        one,
        passed=one.passed and other.passed,
        rows_checked=one.rows_checked + other.rows_checked,
        unexpected_count=one.unexpected_count + other.unexpected_count,
    )


def _judged(rule: Rule) -> GxExpectation:
    severity = FailureSeverity.CRITICAL if rule.severity == "fail" else FailureSeverity.WARNING
    said = f"{rule.expectation}: {rule.meaning}" if rule.meaning else rule.expectation
    return ExpectNoUnmetRows(count_sql=rule.count_sql, rule=said, severity=severity, meta={"rule": rule.expectation})


def _counted() -> GxExpectation:
    return ExpectTableRowCountToBeBetween(min_value=0, severity=FailureSeverity.INFO, meta={"rule": ROW_COUNT})


def _result(table: Table, rule: Rule, validated: Any, rows_checked: int) -> CheckResult:
    unmet = int(validated.result["observed_value"])
    return CheckResult(table.name, rule.expectation, rule.severity, bool(validated.success), rows_checked, unmet, rule.meaning)


def _failure(table: Table, rows: DataFrame, rule: Rule, result: CheckResult) -> str:
    meaning = f" ({rule.meaning})" if rule.meaning else ""
    count = "1 row does not meet it" if result.unexpected_count == 1 else f"{result.unexpected_count:,} rows do not meet it"
    broken = f"{table.name}: expected {rule.expectation}{meaning}: {count}"
    examples = _examples(table, rows, rule)
    return f"{broken}, such as {'; '.join(examples)}" if examples else broken


def _examples(table: Table, rows: DataFrame, rule: Rule) -> Sequence[str]:
    """Primary keys of up to three rows that do not meet the rule; for uniqueness, keys that occur twice."""
    keys = list(table.primary_key)
    if rule.broken is None:
        found = rows.groupBy(*keys).agg(F.count(F.lit(1)).alias("_copies")).where("_copies > 1").select(*keys)
    else:
        found = rows.where(rule.broken).select(*(keys or rows.columns))
    return [", ".join(f"{name}={value}" for name, value in row.asDict().items()) for row in found.limit(EXAMPLES).collect()]


def _not_evaluable(table: Table, rows: DataFrame, wanted: Iterable[Rule]) -> list[str]:
    """In one aggregation an invalid condition fails all: evaluate each separately to name the invalid ones."""
    lines = []
    for rule in wanted:
        try:
            rows.agg(F.expr(rule.count_sql)).collect()
        except PySparkException as error:
            reason = str(error).strip().splitlines()[0].split(" SQLSTATE")[0]
            lines.append(f"{table.name}: the expectation {rule.expectation} can't be evaluated: {reason}")
    return lines or [f"{table.name}: Great Expectations could not evaluate the expectations"]
