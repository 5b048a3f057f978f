"""What became of a table's expectations, and whether its rows may be published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from libs.counted import counted
from libs.quality.counts import ROW_COUNT, Counts
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


def enforce(table: Table, staged: Staged, counts: Counts) -> None:
    """Raise ExpectationFailed when an expectation of severity `fail` is not met by the rows that were counted."""
    failed = [rule for rule in counts.rules if rule.severity == "fail" and counts.unmet[rule.expectation]]
    if failed:
        raise ExpectationFailed("\n".join(_failure(table, staged, rule, counts.unmet[rule.expectation]) for rule in failed))


def results_of(table: str, counts: Counts, is_met: Sequence[bool]) -> list[CheckResult]:
    """The results of the counts' rules, in their order, then of the row count; `is_met` says of each whether it is met."""
    of_rules = [
        CheckResult(table, r.expectation, r.severity, met, counts.rows, counts.unmet[r.expectation], r.meaning)
        for r, met in zip(counts.rules, is_met, strict=False)
    ]
    return [*of_rules, CheckResult(table, ROW_COUNT, "warn", is_met[-1], counts.rows, 0, "counted only")]


def whole(parts: Iterable[CheckResult]) -> list[CheckResult]:
    """One result per expectation, by table, in the order of the declaration.

    Of a table that was checked in several parts the counts are sums, and all parts must have passed.
    """
    found: dict[tuple[str, str], CheckResult] = {}
    for part in parts:
        key = (part.table, part.expectation)
        before = found.get(key)
        found[key] = part if before is None else _added(before, part)
    return sorted(found.values(), key=lambda result: result.table)


def _added(one: CheckResult, other: CheckResult) -> CheckResult:
    return replace(
        one,
        passed=one.passed and other.passed,
        rows_checked=one.rows_checked + other.rows_checked,
        unexpected_count=one.unexpected_count + other.unexpected_count,
    )


def _failure(table: Table, staged: Staged, rule: Rule, unmet: int) -> str:
    meaning = f" ({rule.meaning})" if rule.meaning else ""
    count = f"{counted(unmet, 'row')} {'does' if unmet == 1 else 'do'} not meet it"
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
