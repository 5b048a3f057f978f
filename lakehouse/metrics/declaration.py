"""Declared metric views: what a YAML file of `lakehouse/metrics/` may say.

A view counts rows of one source, a table or an SQL query over tables. Its measures are the metrics. What its names and its SQL
must agree with stands in `lakehouse.metrics.consistency`, what its SQL may say in `lakehouse.metrics.source`, and how files are
read in `lakehouse.metrics.loading`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lakehouse.metrics.source import is_query

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Time(_Strict):
    """The day by which a view's metrics are dated, an SQL expression over the source, and by what it may be grouped."""

    expr: Text
    description: Text
    grains: tuple[Grain, ...] = Field(GRAINS, min_length=1)


class Dimension(_Strict):
    """An attribute to group or filter by; `expr` is SQL over one row of the source, by default the column of its name."""

    name: Name
    description: Text
    expr: str = ""

    @property
    def sql(self) -> str:
        """SQL over one row of the source."""
        return self.expr or f"`{self.name}`"


class Ratio(_Strict):
    """One metric of a view divided by another one of it; empty where there is nothing to divide by."""

    of: Name
    to: Name


class Measure(_Strict):
    """A metric: an SQL aggregate over the source's rows, or the ratio of two such of the same view.

    unit: what it is counted in; format: how a number is shown (`percent` is a rate of 0 to 1, `quantity`
    has decimals where it is not whole). owner: who answers for it.
    grains, dimensions: what it may be grouped by, where that is less than the view has.
    factors: chains of metrics whose product it is, such as orders times the value of an order.
    """

    name: Name
    title: Text
    description: Text
    unit: Text
    format: Literal["money", "count", "quantity", "number", "percent", "seconds"]
    owner: Text
    expr: Text | None = None
    ratio: Ratio | None = None
    grains: tuple[Grain, ...] | None = None
    dimensions: tuple[str, ...] | None = None
    factors: tuple[tuple[str, ...], ...] = ()

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Measure":
        if (self.expr is None) == (self.ratio is None):
            raise ValueError("give either expr, an SQL aggregate, or ratio: {of: metric, to: metric}")
        return self


class View(_Strict):
    """One metric view.

    source: a table of the catalogue, or an SQL query over such. filter: an SQL condition over the source's rows.
    each: dimensions, or `day`, of which a query names one value or groups by all, as rows of several do not add up.
    """

    view: Name
    comment: Text
    source: Annotated[Text, AfterValidator(is_query)]
    filter: Text | None = None
    time: Time | None = None
    each: tuple[str, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = Field(min_length=1)

    @property
    def name(self) -> str:
        """The view's name in the Spark catalogue."""
        return f"metrics.{self.view}"

    @property
    def grains(self) -> tuple[Grain, ...]:
        """By what the time may be grouped; nothing where the view has none."""
        return self.time.grains if self.time else ()

    @property
    def dimension_names(self) -> list[str]:
        """Names of the dimensions, without the time."""
        return [dimension.name for dimension in self.dimensions]

    @property
    def groups(self) -> dict[str, str]:
        """SQL over one row of the source by what it groups by: the day, by which queries are bounded, other grains, dimensions."""
        return {name: sql for name, (sql, _) in self.times.items()} | {d.name: d.sql for d in self.dimensions}

    @property
    def times(self) -> dict[str, tuple[str, str]]:
        """SQL and description of the day and of the other grains."""
        if self.time is None:
            return {}
        day, said = self.time.expr, self.time.description
        found: dict[str, tuple[str, str]] = {"day": (day, said)}
        for grain in [grain for grain in self.grains if grain != "day"]:
            found[grain] = f"cast(date_trunc('{grain}', {day}) as date)", f"first day of the {grain}, of the {said}"
        return found

    @property
    def metrics(self) -> dict[str, Measure]:
        """The measures by name."""
        return {measure.name: measure for measure in self.measures}

    def sql_of(self, measure: Measure) -> str:
        """The measure as an SQL aggregate over the source's rows."""
        if measure.ratio is None:
            return str(measure.expr)
        of, to = (self.metrics[name].expr for name in (measure.ratio.of, measure.ratio.to))
        return f"cast({of} as double) / nullif({to}, 0)"

    def dimensions_of(self, measure: Measure) -> list[str]:
        """The dimensions that the measure may be grouped by."""
        return [name for name in self.dimension_names if measure.dimensions is None or name in measure.dimensions]

    def grains_of(self, measure: Measure) -> list[Grain]:
        """The grains that the measure may be grouped by."""
        return [grain for grain in self.grains if measure.grains is None or grain in measure.grains]


@dataclass(frozen=True)
class Metrics:
    """All declared views; a metric is in one of them."""

    views: Sequence[View] = ()

    @property
    def views_by_metric(self) -> dict[str, View]:
        """The view of every metric."""
        return {measure.name: view for view in self.views for measure in view.measures}
