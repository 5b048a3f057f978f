"""A question about metrics as a typed object, checked against their definitions, and as SQL.

A question that the definitions can't answer is refused with what they could: nothing is guessed. SQL is made of declared
names and of literals alone, so that what a stranger writes is never read as SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from lakehouse.metrics.declaration import GRAINS, Grain, Measure, Metrics, View
from lakehouse.metrics.source import literal
from libs.errors import InputError

MOST_ROWS = 10_000


@dataclass(frozen=True)
class Request:
    """What is asked for.

    metrics: one or several of one view. by: dimensions and grains to group by, in their order.
    since, until: first and last day that counts (UTC), ends included; None for no bound.
    where: for a dimension, the values of which one must hold.
    order: a metric or one of `by`, else rows are ordered by what they are grouped by; limit: at most so many rows.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: str | None = None
    descending: bool = False
    limit: int | None = None

    @property
    def grain(self) -> Grain | None:
        """The grain of time that it groups by, if any."""
        return next((grain for grain in GRAINS if grain in self.by), None)


def checked(request: Request, metrics: Metrics) -> View:
    """Return the view that answers the request.

    Raises InputError, one line, with the nearest names for an unknown one, and with what can be asked for what can't.
    """
    views = metrics.views_by_metric
    for name in request.metrics:
        require_known("metric", name, list(views))
    view = views[request.metrics[0]]
    strangers = [name for name in request.metrics if views[name] != view]
    if strangers:
        raise InputError(
            f"{request.metrics[0]} and {strangers[0]} are of different views, {view.name} and {views[strangers[0]].name}: query them separately"
        )
    _check_names_differ(request)
    for name in request.metrics:
        _check_groups(request, view, view.metrics[name])
    for name in request.where:
        require_known(f"dimension of {view.name}", name, view.dimension_names)
    _check_bounds(request, view)
    _check_each(request, view)
    if request.order is not None:
        require_known("column to order by", request.order, [*request.by, *request.metrics])
    if request.limit is not None and request.limit < 1:
        raise InputError(f"limit {request.limit}: at least 1")
    return view


def sql(request: Request, view: View) -> str:
    """The request as `MEASURE()` SQL, as it can be asked of the view in the Spark catalogue."""
    groups = [f"`{group}`" for group in request.by]
    measures = [f"measure(`{metric}`) as `{metric}`" for metric in request.metrics]
    conditions = _conditions(request, {name: f"`{name}`" for name in view.groups})
    return _ordered(request, _query([*groups, *measures], view.name, conditions, groups))


def plain_sql(request: Request, view: View, source: str) -> str:
    """The request as Spark SQL over the view's rendered `source`, without a metric view."""
    groups = [f"{view.groups[name]} as `{name}`" for name in request.by]
    measures = [f"{view.sql_of(view.metrics[metric])} as `{metric}`" for metric in request.metrics]
    conditions = _conditions(request, view.groups) + ([f"({view.filter})"] if view.filter else [])
    numbers = [str(number + 1) for number in range(len(groups))]
    return _ordered(request, _query([*groups, *measures], f"({source}) as source", conditions, numbers))


def _query(columns: Sequence[str], relation: str, conditions: Sequence[str], groups: Sequence[str]) -> str:
    parts = [f"select {', '.join(columns)} from {relation}"]
    parts += [f"where {' and '.join(conditions)}"] if conditions else []
    parts += [f"group by {', '.join(groups)}"] if groups else []
    return " ".join(parts)


def _ordered(request: Request, query: str) -> str:
    """One row more than is shown, to know whether there are more."""
    groups = [f"`{group}`" for group in request.by]
    direction = " desc nulls last" if request.descending else ""
    order = ([f"`{request.order}`{direction}"] if request.order else []) + [g for g in groups if g != f"`{request.order}`"]
    ordered = f" order by {', '.join(order)}" if order else ""
    return f"select * from ({query}){ordered} limit {(request.limit or MOST_ROWS) + 1}"


def require_known(what: str, name: str, known: Sequence[str]) -> None:
    """Raise InputError, with the nearest names, unless `name` is one of `known`."""
    if name in known:
        return
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}" if known else "there is none"
    raise InputError(f"{what} {name}: not declared; {hint}")


def _conditions(request: Request, of: Mapping[str, str]) -> list[str]:
    """Bounds and values, `of` saying how the view's groups are written."""
    bounds = [f"{of['day']} >= date'{request.since}'"] if request.since else []
    bounds += [f"{of['day']} <= date'{request.until}'"] if request.until else []
    values = {name: ", ".join(map(literal, values)) for name, values in request.where.items()}
    return bounds + [f"cast({of[name]} as string) in ({among})" for name, among in values.items()]


def _check_names_differ(request: Request) -> None:
    for names, what in ((request.metrics, "metrics"), (request.by, "by")):
        if len(set(names)) < len(names):
            raise InputError(f"{what} {', '.join(names)}: name each once")
    if len(set(request.by) & set(GRAINS)) > 1:
        raise InputError(f"by {', '.join(request.by)}: name one grain of time")


def _check_groups(request: Request, view: View, measure: Measure) -> None:
    grains, dimensions = view.grains_of(measure), view.dimensions_of(measure)
    can = [*grains, *dimensions]
    for name in request.by:
        if name in GRAINS and name not in grains:
            raise InputError(f"{measure.name} can't be asked by {name}; {_can_be_asked(can)}")
        if name not in can:
            near = get_close_matches(name, can, n=3, cutoff=0.6)
            raise InputError(
                f"{measure.name} can't be asked by {name}; "
                + (f"did you mean {', '.join(near)}? " if near else "")
                + _can_be_asked(can)
            )
    for name in request.where:
        if name in view.dimension_names and name not in dimensions:
            raise InputError(f"{measure.name} can't be asked of one {name}; {_can_be_asked(can)}")


def _can_be_asked(names: Iterable[str]) -> str:
    return f"it can be asked by {', '.join(names) or 'nothing: it is one number'}"


def _check_bounds(request: Request, view: View) -> None:
    if (request.since or request.until) and view.time is None:
        raise InputError(f"{request.metrics[0]} has no time: {view.comment}; ask without since and until")
    if request.since and request.until and request.since > request.until:
        raise InputError(f"since {request.since} lies after until {request.until}")


def _check_each(request: Request, view: View) -> None:
    """A number exists only for one value of each of these; over several it would count the same more than once."""
    fixed = {name for name, values in request.where.items() if len(values) == 1} | set(request.by)
    open_ones = [name for name in view.each if name not in fixed]
    if open_ones:
        raise InputError(
            f"{request.metrics[0]} is one number for each {', '.join(view.each)}, and these do not add up: group by"
            f" {', '.join(open_ones)}, or name one value of each"
        )
