"""Great Expectations' expectation of one count, over a batch whose single row has all counts of a table.

The engine that holds a table's rows counts (`libs.quality.counting`). Great Expectations judges the counts, records them with
severity and meaning, and shows them on its pages.
"""

from typing import Any, ClassVar

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer


class Count(TableMetricProvider):
    """The metric: one of the counts, by its name."""

    metric_name = "table.count_of"
    value_keys = ("count",)

    # Great Expectations passes the class by name.
    @staticmethod
    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls: type[TableMetricProvider],
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> int:
        return int(execution_engine.dataframe[metric_value_kwargs["count"]].iloc[0])


class ExpectCount(BatchExpectation):
    """The expectation: that the count is at most `at_most`, where that is given.

    count: the name of the count; rule: what is counted, as the pages show it.
    """

    count: str
    rule: str
    at_most: int | None = None

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.count_of",)
    success_keys: ClassVar[tuple[str, ...]] = ("count", "at_most")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        found = metrics["table.count_of"]
        return {"success": self.at_most is None or found <= self.at_most, "result": {"observed_value": found}}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[RenderedStringTemplateContent]:
        text = {"template": "$rule", "params": {"rule": configuration.kwargs["rule"]}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=text)]
