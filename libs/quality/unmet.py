"""A Great Expectations expectation that counts rows by SQL on Spark.

Great Expectations' own expectations for keys and for conditions over several columns run a window or a query each. This
one is a metric that its Spark engine bundles: one aggregation returns all counts of a table, with its row count. Great
Expectations runs and evaluates it, and provides the severity, the result and its pages.
"""

from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from pyspark.sql import Column
from pyspark.sql import functions as F


class UnmetRows(TableMetricProvider):
    """The metric: a SQL aggregate that counts the rows that do not meet a rule."""

    metric_name = "table.unmet_rows"
    value_keys = ("count_sql",)

    # Great Expectations passes the class by name.
    @staticmethod
    @metric_partial(
        engine=SparkDFExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _spark(
        cls: type[TableMetricProvider],
        execution_engine: SparkDFExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> tuple[Column, dict[str, Any], dict[str, Any]]:
        return F.expr(metric_value_kwargs["count_sql"]), metric_domain_kwargs, {}


class ExpectNoUnmetRows(BatchExpectation):
    """The expectation: that count is zero.

    count_sql: a SQL aggregate over the whole table; rule: the rule as the pages show it.
    """

    count_sql: str
    rule: str

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.unmet_rows",)
    success_keys: ClassVar[tuple[str, ...]] = ("count_sql",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        unmet = int(metrics["table.unmet_rows"])
        return {"success": unmet == 0, "result": {"observed_value": unmet}}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[RenderedStringTemplateContent]:
        text = {"template": "$rule", "params": {"rule": configuration.kwargs["rule"]}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=text)]
