"""Why a metric changed between two periods: the request, the queries that it takes, and its parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from lakehouse.metrics.answer import Answer, Answering
from lakehouse.metrics.declaration import Measure, Metrics, View
from lakehouse.metrics.request import Request, checked, require_known
from lakehouse.metrics.tree import Part, Parts, by_value, factors, in_units, mix_and_rate
from libs.errors import InputError

# To which multiple a figure is rounded, by its format: cents, hundredths of a percent, whole ones.
UNITS = {
    "money": Fraction(1, 100),
    "percent": Fraction(1, 10_000),
    "count": Fraction(1),
    "quantity": Fraction(1, 1000),
    "number": Fraction(1, 10_000),
    "seconds": Fraction(1, 100),
}
Period = tuple[date, date]
Where = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Change:
    """A metric in two periods, rounded as it is shown, and the parts of its change, which sum to it exactly.

    answers: what was asked, of the first period and of the second.
    """

    measure: Measure
    view: View
    periods: tuple[Period, Period]
    before: Fraction
    after: Fraction
    parts: Sequence[Part]
    answers: Sequence[Answer]

    @property
    def total(self) -> Fraction:
        """By how much the shown figure rose."""
        return self.after - self.before


def planned(
    metrics: Metrics, metric: str, periods: tuple[Period, Period], where: Where, by: str | None, product: Sequence[str] | None
) -> list[Callable[[Answering], Change]]:
    """The splits that are asked for: by a dimension, by one product, or with neither by every product that is declared.

    Raises InputError for names that are not declared, and for questions that the definition can't answer.
    """
    require_known("metric", metric, list(metrics.views_by_metric))
    view = metrics.views_by_metric[metric]
    measure = view.metrics[metric]
    for since, until in periods:
        checked(Request((metric,), (by,) if by else (), since, until, where), metrics)
    if by is not None:
        return [partial(by_dimension, metric=metric, periods=periods, by=by, where=where)]
    products = [tuple(product)] if product else list(measure.factors)
    for names in products:
        _check_is_product(measure, names)
    if not products:
        raise InputError(
            f"{metric} is declared as no product of others; split it by a dimension: {', '.join(view.dimensions_of(measure))}"
        )
    return [partial(by_factors, metric=metric, periods=periods, names=names, where=where) for names in products]


def by_factors(answering: Answering, metric: str, periods: tuple[Period, Period], names: Sequence[str], where: Where) -> Change:
    """Split the change of `metric` by the factors `names`, whose product it is declared to be.

    Raises InputError when it is not, or for a question that the definition can't answer.
    """
    view, measure = _found(answering, metric)
    _check_is_product(measure, names)
    products = [names[0], *(ratio.of for name in names[1:] if (ratio := view.metrics[name].ratio) is not None)]
    answers = [_ask(answering, tuple(products), (), period, where) for period in periods]
    figures = [[exact(_only(answer).get(name)) for name in products] for answer in answers]
    parts = factors(names, *figures)
    return _shown(view, measure, periods, (figures[0][-1], figures[1][-1]), parts, answers)


def by_dimension(answering: Answering, metric: str, periods: tuple[Period, Period], by: str, where: Where) -> Change:
    """Split the change of `metric` by the values of a dimension: of a ratio into mix and rate, of a sum into each one's change.

    Raises InputError when values overlap, so that they do not add up, or for a question that the definition can't answer.
    """
    view, measure = _found(answering, metric)
    sums = (measure.ratio.of, measure.ratio.to) if measure.ratio else (metric,)
    # The metric itself is asked for too, so that a ratio is refused what it can't be asked by.
    asked = tuple(dict.fromkeys([metric, *sums]))
    answers, wholes = [], []
    for period in periods:
        answers.append(_ask(answering, asked, (by,), period, where))
        wholes.append(_ask(answering, sums, (), period, where))
        _check_adds_up(sums, by, answers[-1], wholes[-1])
    sides = [{_value(row[by]): [exact(row[name]) for name in sums] for row in answer.rows} for answer in answers]
    totals = [[exact(_only(whole).get(name)) for name in sums] for whole in wholes]
    if measure.ratio is None:
        parts = by_value(*({value: figures[0] for value, figures in side.items()} for side in sides))
        figures = totals[0][0], totals[1][0]
    else:
        _check_has_denominators(metric, measure.ratio.to, periods, totals)
        parts = mix_and_rate(*({value: Parts(*figures) for value, figures in side.items()} for side in sides))
        figures = totals[0][0] / totals[0][1], totals[1][0] / totals[1][1]
    return _shown(view, measure, periods, figures, parts, [*answers, *wholes])


def exact(value: Any) -> Fraction:
    """The value as a fraction; nothing counts as 0, as a sum over no row."""
    return Fraction(Decimal(value)) if value is not None else Fraction(0)


def _found(answering: Answering, metric: str) -> tuple[View, Measure]:
    views = answering.metrics.views_by_metric
    require_known("metric", metric, list(views))
    return views[metric], views[metric].metrics[metric]


def _ask(answering: Answering, metrics: tuple[str, ...], by: tuple[str, ...], period: Period, where: Where) -> Answer:
    answer = answering.answer(Request(metrics, by, *period, where))
    if answer.is_cut:
        raise InputError(f"{', '.join(by)} has more than {len(answer.rows)} values: too many parts; name fewer with --where")
    return answer


def _only(answer: Answer) -> Mapping[str, Any]:
    return answer.rows[0] if answer.rows else {}


def _value(value: Any) -> str:
    return "(none)" if value is None else str(value)


def _check_is_product(measure: Measure, names: Sequence[str]) -> None:
    if tuple(names) not in measure.factors:
        known = " or ".join(",".join(product) for product in measure.factors) or "none: split it by a dimension"
        raise InputError(f"{measure.name} is not declared as the product of {','.join(names)}; it is of {known}")


def _check_adds_up(names: Sequence[str], by: str, answer: Answer, whole: Answer) -> None:
    for name in names:
        parts, total = sum((exact(row[name]) for row in answer.rows), Fraction(0)), exact(_only(whole).get(name))
        if parts != total:
            raise InputError(
                f"{name} does not add up by {by}: its values sum to {float(parts):,g}, all together are {float(total):,g}, as one"
                f" may count for several; the change can't be split by {by}"
            )


def _check_has_denominators(metric: str, to: str, periods: tuple[Period, Period], totals: Sequence[Sequence[Fraction]]) -> None:
    for (first, last), figures in zip(periods, totals, strict=True):
        if not figures[1]:
            raise InputError(f"{metric} is nothing from {first} to {last}: {to} are 0 then")


def _shown(
    view: View,
    measure: Measure,
    periods: tuple[Period, Period],
    figures: tuple[Fraction, Fraction],
    parts: Sequence[Part],
    answers: Sequence[Answer],
) -> Change:
    unit = UNITS[measure.format]
    before, after = (round(figure / unit) * unit for figure in figures)
    return Change(measure, view, periods, before, after, in_units(parts, after - before, unit), answers)
