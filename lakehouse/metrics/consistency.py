"""Whether a declared metric view agrees with itself and with the tables that it reads: every fault, with its place."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

from lakehouse.catalogue.entry import Catalogue
from lakehouse.metrics.declaration import GRAINS, Measure, View
from lakehouse.metrics.digits import of_unknown_digits
from lakehouse.metrics.source import SourceFault, check_aggregate, check_scalar, query_of, typed, types_of
from lakehouse.metrics.tolerance import decimals_in
from libs.settings.located import Place
from libs.sql.allowed import faults as unlike
from libs.sql.allowed import faults_in as unlike_in
from libs.sql.compared import comparison_faults

Faults = Iterator[tuple[Place, str]]
HINT = "use another; with ENGINE=spark the view in Spark's catalogue may have it"


def faults(view: View) -> Faults:
    """Yield the place of each fault in the view's file and the fault, as far as the file alone shows."""
    yield from _twice(view)
    for position, name in enumerate(view.each):
        yield from _unknown(("each", position), name, [*view.dimension_names, *view.grains])
    for number, measure in enumerate(view.measures):
        for place, message in _measure_faults(view, measure):
            yield ("measures", number, *place), message


def table_faults(view: View, catalogue: Catalogue, alike: bool = True) -> Faults:
    """Yield the place of each fault of the view's SQL: what it reads must be tables of the catalogue and their columns.

    alike: whether functions that engines compute differently are faults.
    """
    try:
        query = typed(view.source, catalogue)
    except SourceFault as fault:
        yield ("source",), str(fault)
        return
    types, unknown = types_of(query), decimals_in(view.source, catalogue).unknown
    yield from _unlike(("source",), unlike_in(query) if alike else [])
    yield from ((("source",), fault) for fault in of_unknown_digits(query_of(view.source).sql(dialect="spark"), unknown))
    for place, sql, check in _expressions(view):
        try:
            check(sql, list(types))
        except SourceFault as fault:
            yield place, str(fault)
        else:
            yield from _unlike(place, unlike(sql, types) if alike else [])
            yield from ((place, fault) for fault in comparison_faults(sql, types))
            yield from ((place, fault) for fault in of_unknown_digits(sql, unknown))


def _expressions(view: View) -> Iterator[tuple[Place, str, Callable[[str, Sequence[str]], None]]]:
    if view.time:
        yield ("time", "expr"), view.time.expr, check_scalar
    if view.filter:
        yield ("filter",), view.filter, check_scalar
    for number, dimension in enumerate(view.dimensions):
        yield ("dimensions", number, "expr" if dimension.expr else "name"), dimension.sql, check_scalar
    for number, measure in enumerate(view.measures):
        if measure.expr is not None:
            yield ("measures", number, "expr"), measure.expr, check_aggregate


def _unlike(place: Place, found: Sequence[str]) -> Faults:
    yield from ((place, f"{fault}: {HINT}") for fault in found)


def _twice(view: View) -> Faults:
    names = [("dimensions", n, d.name) for n, d in enumerate(view.dimensions)]
    names += [("measures", n, m.name) for n, m in enumerate(view.measures)]
    seen = set(GRAINS)
    for kind, number, name in names:
        if name in seen:
            yield (kind, number, "name"), f"{name} is there already, or is a grain of time; name each once"
        seen.add(name)  # type: ignore[arg-type]


def _measure_faults(view: View, measure: Measure) -> Faults:
    for position, name in enumerate(measure.dimensions or ()):
        yield from _unknown(("dimensions", position), name, view.dimension_names)
    for position, grain in enumerate(measure.grains or ()):
        yield from _unknown(("grains", position), grain, view.grains)
    if measure.ratio is not None:
        sums = [m.name for m in view.measures if m.expr is not None]
        yield from _unknown(("ratio", "of"), measure.ratio.of, sums)
        yield from _unknown(("ratio", "to"), measure.ratio.to, sums)
    for number, factors in enumerate(measure.factors):
        yield from _factor_faults(view, measure, ("factors", number), factors)


def _factor_faults(view: View, measure: Measure, place: Place, factors: Sequence[str]) -> Faults:
    """The first factor is a sum; each further one divides by what the ones before it multiply to; the last gives the metric."""
    product = ""
    for position, name in enumerate(factors):
        found = list(_unknown((*place, position), name, list(view.metrics)))
        if found:
            yield from found
            return
        ratio = view.metrics[name].ratio
        if position == 0:
            product = name
        elif ratio is None or ratio.to != product:
            yield (*place, position), f"{name} is not a ratio to {product}, so that it can't follow it in a product"
            return
        else:
            product = ratio.of
    if product != measure.name:
        yield place, f"the product of {', '.join(factors)} is {product}, not {measure.name}"


def _unknown(place: Place, name: str, known: Sequence[str]) -> Faults:
    if name not in known:
        near = get_close_matches(name, known, n=3)
        yield place, f"{name} is not there; " + (f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}")
