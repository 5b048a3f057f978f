"""Counts (`libs.quality.counts`) are taken by the engine that holds the rows: all of a table in one query."""

from collections.abc import Sequence

from libs.quality.counts import ROW_COUNT, Counts
from libs.store.staged import NotEvaluable, Staged
from libs.tables import Table, TableError
from libs.tables.rules import Rule


def counted(table: Table, staged: Staged, wanted: Sequence[Rule]) -> Counts:
    """The counts of the rules `wanted`. Raises TableError, a line for each rule that can't be evaluated."""
    asked = {ROW_COUNT: "count(1)"} | {rule.expectation: rule.count_sql for rule in wanted}
    try:
        found = staged.counts(asked)
    except NotEvaluable as error:
        lines = _not_evaluable(table, staged, wanted)
        raise TableError("\n".join(lines or [f"{table.name}: the expectations can't be evaluated: {error}"])) from None
    return Counts(wanted, found.pop(ROW_COUNT), found)


def _not_evaluable(table: Table, staged: Staged, wanted: Sequence[Rule]) -> list[str]:
    """One invalid rule fails the query of all: evaluate each separately to name the invalid ones."""
    _check_computable(staged)
    lines = []
    for rule in wanted:
        try:
            staged.counts({rule.expectation: rule.count_sql})
        except NotEvaluable as error:
            lines.append(f"{table.name}: the expectation {rule.expectation} can't be evaluated: {error}")
    return lines


def _check_computable(staged: Staged) -> None:
    """Rows that can't be computed are no rule's fault: raises what the engine raised."""
    try:
        staged.counts({ROW_COUNT: "count(1)"})
    except NotEvaluable as error:
        raise error.__cause__ or error from None
