"""Judges a table's expectations, by Great Expectations, on rows that are about to be published.

From the declaration: columns that are not nullable have no null, the primary key is unique (nulls equal each other), every
row meets each condition (a null result counts as met), and the rows are counted. The engine that holds the rows counts, in one
query per table (`libs.quality.counting`); Great Expectations judges and records the counts, and `libs.quality.data_docs` writes
its pages. The example keys in an error come from a separate query, run only when an expectation failed.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import great_expectations as gx
import pandas as pd
import pyarrow as pa
from great_expectations.core import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.metadata_types import FailureSeverity

from libs.quality.counting import ROW_COUNT, Counts
from libs.quality.expect_count import ExpectCount
from libs.store.staged import Staged
from libs.tables import Severity, Table, TableError
from libs.tables.rules import Rule

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
        source = self.context.data_sources.add_pandas("counts")
        self._batch = source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("all")
        self._lock = threading.Lock()

    def judge(self, table: Table, counts: Counts) -> list[CheckResult]:
        """Judge what `libs.quality.counting.counted` counted, collect the results and return them, passed and failed."""
        # The data source holds one batch at a time.
        with self._lock:
            met = self._met(table, counts)
            results = [_result(table, rule, counts, met[rule.expectation]) for rule in counts.rules]
            results.append(CheckResult(table.name, ROW_COUNT, "warn", met[ROW_COUNT], counts.rows, 0, "counted only"))
            self.results += results
        return results

    def enforce(self, table: Table, staged: Staged, counts: Counts) -> None:
        """Judge the counts of the rows; raise ExpectationFailed when an expectation of severity `fail` is not met."""
        results = self.judge(table, counts)
        failed = [(rule, r) for rule, r in zip(counts.rules, results, strict=False) if not r.passed and r.severity == "fail"]
        if failed:
            raise ExpectationFailed("\n".join(_failure(table, staged, rule, result) for rule, result in failed))

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

    def _met(self, table: Table, counts: Counts) -> dict[str, bool]:
        """By the name of its count, whether each expectation is met."""
        suite = gx.ExpectationSuite(table.name, expectations=[*map(_judged, counts.rules), _counted()])
        definition = ValidationDefinition(name=table.name, data=self._batch, suite=suite)
        validated = self.context.validation_definitions.add_or_update(definition).run(
            batch_parameters={"dataframe": pd.DataFrame([{ROW_COUNT: counts.rows, **counts.unmet}])},
            result_format="BASIC",
            run_id=RunIdentifier(run_name=self.run_id, run_time=self.checked_at),
        )
        return {_name(found): bool(found.success) for found in validated.results}


def _name(found: Any) -> str:
    return str(found.expectation_config.kwargs["count"])


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
    meaning = f": {rule.meaning}" if rule.meaning else ""
    said = f"{rule.expectation}{meaning} ({rule.severity})"
    return ExpectCount(count=rule.expectation, rule=said, at_most=0, severity=severity)


def _counted() -> GxExpectation:
    return ExpectCount(count=ROW_COUNT, rule=ROW_COUNT, severity=FailureSeverity.INFO)


def _result(table: Table, rule: Rule, counts: Counts, is_met: bool) -> CheckResult:
    unmet = counts.unmet[rule.expectation]
    return CheckResult(table.name, rule.expectation, rule.severity, is_met, counts.rows, unmet, rule.meaning)


def _failure(table: Table, staged: Staged, rule: Rule, result: CheckResult) -> str:
    meaning = f" ({rule.meaning})" if rule.meaning else ""
    count = "1 row does not meet it" if result.unexpected_count == 1 else f"{result.unexpected_count:,} rows do not meet it"
    broken = f"{table.name}: expected {rule.expectation}{meaning}: {count}"
    examples = _examples(table, staged, rule)
    return f"{broken}, such as {'; '.join(examples)}" if examples else broken


def _examples(table: Table, staged: Staged, rule: Rule) -> Sequence[str]:
    """Primary keys of up to three rows that do not meet the rule; for uniqueness, keys that occur twice."""
    keys = list(table.primary_key)
    if rule.broken is None:
        return _shown(staged.repeated(keys, EXAMPLES))
    return _shown(staged.examples(rule.broken, keys or table.column_names, EXAMPLES))


def _shown(rows: pa.Table) -> list[str]:
    return [", ".join(f"{name}={value}" for name, value in row.items()) for row in rows.to_pylist()]
