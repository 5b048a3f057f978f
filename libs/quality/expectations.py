"""Great Expectations judges and records the counts of a table's expectations; `libs.quality.data_docs` writes its pages.

From the declaration: columns that are not nullable have no null, the primary key is unique (nulls equal each other), every
row meets each condition (a null result counts as met), and the rows are counted. The engine that holds the rows counts, in one
query per table (`libs.quality.counting`).
"""

import logging
from datetime import datetime
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.core import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.metadata_types import FailureSeverity

from libs.quality.counts import ROW_COUNT, Counts
from libs.quality.expect_count import ExpectCount
from libs.tables.rules import Rule


class Expectations:
    """The expectations of one run, in one Great Expectations context. For one thread: it holds one table's counts at a time."""

    def __init__(self, run_id: str, checked_at: datetime) -> None:
        """`checked_at` is the run's time, UTC, in every result, so that a repeated run gives the same."""
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        self._run = RunIdentifier(run_name=run_id, run_time=checked_at)
        self.context = gx.get_context(mode="ephemeral")
        self.context.enable_analytics(False)
        self.context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = self.context.data_sources.add_pandas("counts")
        self._batch = source.add_dataframe_asset("table").add_batch_definition_whole_dataframe("all")

    def judge(self, table: str, counts: Counts) -> list[bool]:
        """Whether each rule of the table is met, in their order, and at last the row count, which is recorded alone."""
        suite = gx.ExpectationSuite(table, expectations=[*map(_judged, counts.rules), _counted()])
        definition = ValidationDefinition(name=table, data=self._batch, suite=suite)
        validated = self.context.validation_definitions.add_or_update(definition).run(
            batch_parameters={"dataframe": pd.DataFrame([{ROW_COUNT: counts.rows, **counts.unmet}])},
            result_format="BASIC",
            run_id=self._run,
        )
        met = {_name(found): bool(found.success) for found in validated.results}
        return [met[name] for name in (*(rule.expectation for rule in counts.rules), ROW_COUNT)]


def _name(found: Any) -> str:
    return str(found.expectation_config.kwargs["count"])


def _judged(rule: Rule) -> GxExpectation:
    severity = FailureSeverity.CRITICAL if rule.severity == "fail" else FailureSeverity.WARNING
    meaning = f": {rule.meaning}" if rule.meaning else ""
    said = f"{rule.expectation}{meaning} ({rule.severity})"
    return ExpectCount(count=rule.expectation, rule=said, at_most=0, severity=severity)


def _counted() -> GxExpectation:
    return ExpectCount(count=ROW_COUNT, rule=ROW_COUNT, severity=FailureSeverity.INFO)
