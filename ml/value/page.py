"""The page that shows how expectations held in days that were held out of the fit."""

import math
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from lakehouse.report.charts import HEIGHT, WIDTH, Chart, Series, group_chart
from lakehouse.report.numbers import money, percent, whole
from lakehouse.report.page import write_atomically
from lakehouse.report.sections import Bars
from ml.value.calibration import Calibration, Group


def write_page(found: Calibration, path: Path) -> None:
    """Write the page to `path`, replacing an existing one."""
    write_atomically(path, render(found))


def render(found: Calibration) -> str:
    """Return the page as HTML; every text is escaped, and it has no script and fetches nothing."""
    loader = ChoiceLoader([PackageLoader("ml.value", "templates"), PackageLoader("lakehouse.report", "templates")])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("calibration.html").render(
        lines=lines(found), chart=_chart(found), table=_table(found), width=WIDTH, height=HEIGHT
    )


def lines(found: Calibration) -> list[str]:
    """What the comparison says, in lines of text."""
    customers, expected, actual = (sum(getattr(g, name) for g in found.groups) for name in ("customers", "expected", "actual"))
    said = [
        f"{whole(customers)} buyers before {found.cutoff}; the {found.days} days from then on are held out",
        f"Purchases: {whole(expected)} expected, {whole(actual)} made, {_error(found.purchase_error)}; "
        f"by frequency {percent(found.group_error)} off",
        f"One customer's purchases: {found.customer_error:.2f} off (root mean square), "
        f"{found.persistence_error:.2f} with those of the {found.days} days before in place of the expected",
    ]
    if math.isnan(found.value_error):
        return said
    value, spent = (sum(getattr(g, name) for g in found.groups) for name in ("expected_value", "actual_value"))
    return [*said, f"Net revenue: {money(value)} expected, {money(spent)} made, {_error(found.value_error)}"]


def _error(error: float) -> str:
    return f"{percent(abs(error))} {'more' if error > 0 else 'less'} expected than made"


def _chart(found: Calibration) -> Chart:
    made = [
        [group.actual / group.customers for group in found.groups],
        [group.expected / group.customers for group in found.groups],
    ]
    series = [
        Series(name, values, style)
        for name, values, style in zip(("Made", "Expected"), made, ("measured", "expected"), strict=True)
    ]
    return group_chart(
        f"Purchases per buyer in the {found.days} days held out",
        [group.frequency for group in found.groups],
        "Purchases after the first one, before",
        series,
        lambda value: f"{value:.2f}",
    )


def _table(found: Calibration) -> Bars:
    head = ["Purchases after the first one", "Buyers", "Expected", "Made", "Net revenue expected", "made"]
    note = "In all, of the buyers who had made so many purchases before the days held out."
    return Bars(
        "Purchases and net revenue by frequency", head, [(_cells(group), None) for group in found.groups], note, "No buyers.", 1
    )


def _cells(group: Group) -> tuple[str, ...]:
    counts = (whole(group.customers), f"{group.expected:,.1f}", whole(group.actual))
    return (group.frequency, *counts, money(group.expected_value), money(group.actual_value))
