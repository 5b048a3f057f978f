"""Answers as text: numbers by their format, tables, charts, and the parts of a change."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from typing import TYPE_CHECKING, Any

from lakehouse.metrics.answer import Answer
from lakehouse.metrics.change import Change
from lakehouse.metrics.declaration import Measure

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 120
BAR_WIDTH = 50
_FORMATS = {
    "money": "{:,.2f}",
    "count": "{:,.0f}",
    "quantity": "{:,.3f}",
    "number": "{:,.4g}",
    "percent": "{:.2%}",
    "seconds": "{:,.2f}",
}


def number(value: Any, measure: Measure) -> str:
    """A figure as people read it; a dash where there is none."""
    if value is None:
        return "-"
    shown = _FORMATS[measure.format].format(Decimal(value) if isinstance(value, int) else value)
    return _without_zeros(shown) if measure.format == "quantity" else shown


def _without_zeros(shown: str) -> str:
    """3 for 3.000, 0.5 for 0.500."""
    return shown.rstrip("0").rstrip(".")


def table(answer: Answer) -> str:
    """The rows, one a line."""
    measures = [answer.view.metrics[name] for name in answer.request.metrics]
    lines = [
        [*map(_text, (row[g] for g in answer.request.by)), *(number(row[m.name], m) for m in measures)] for row in answer.rows
    ]
    return _columns([*answer.request.by, *answer.request.metrics], lines, numbers=len(measures))


def chart(answer: Answer) -> str:
    """A bar for each row, to one scale a metric, with its figure; bars of negative figures end where positive ones begin."""
    return "\n".join(_bars(answer, answer.view.metrics[name]) for name in answer.request.metrics)


def origin(answer: Answer) -> list[str]:
    """What the numbers were made from, and which periods they hold in part only."""
    versions = ", ".join(f"{name} version {version}" for name, version in sorted(answer.versions.items()))
    lines = [f"read: {versions}", f"cut at {answer.run.as_of:%Y-%m-%d %H:%M} UTC, as run {answer.run.run_id} left the tables"]
    if answer.partial:
        shown = ", ".join(map(str, [*answer.partial[:3], *(["…"] if len(answer.partial) > 3 else [])]))
        lines.append(f"in part only: the {answer.request.grain or 'period'}s of {shown}")
    if answer.is_cut:
        lines.append(f"there are more rows than these {len(answer.rows):,}")
    return lines


def parts(change: Change) -> str:
    """The two figures and the parts of their difference, largest first."""
    measure = change.measure
    periods = [f"{first}..{last}" for first, last in change.periods]
    head = f"{measure.name}: {signed(change.before, measure, plus=False)} ({periods[0]}) -> "
    head += f"{signed(change.after, measure, plus=False)} ({periods[1]}): {signed(change.total, measure)}"
    ranked = sorted(change.parts, key=lambda part: (-abs(part.amount), part.of, part.effect))
    lines = [[part.of, part.effect, signed(part.amount, measure)] for part in ranked]
    return "\n".join([head, _columns(["part", "effect", "of the change"], lines, numbers=1)])


def signed(amount: Fraction, measure: Measure, plus: bool = True) -> str:
    """A rounded figure with its sign; of a rate in points of a percent."""
    decimals = {"money": 2, "count": 0, "quantity": 3, "number": 4, "percent": 2, "seconds": 2}[measure.format]
    unit = (" points" if plus else "%") if measure.format == "percent" else ""
    scaled = amount * 100 if measure.format == "percent" else amount
    exact = Decimal(scaled.numerator) / Decimal(scaled.denominator)
    shown = f"{exact:{'+' if plus and amount else ''},.{decimals}f}"
    return (_without_zeros(shown) if measure.format == "quantity" else shown) + unit


def _bars(answer: Answer, measure: Measure) -> str:
    # It takes as long to import as most tables take to print.
    from rich.bar import Bar
    from rich.table import Table
    from rich.text import Text

    figures = [float(row[measure.name] or 0) for row in answer.rows]
    low, high = min([0.0, *figures]), max([0.0, *figures])
    grid = Table.grid(padding=(0, 1))
    for row, figure in zip(answer.rows, figures, strict=True):
        label = " ".join(_text(row[group]) for group in answer.request.by) or measure.name
        bar = Bar(size=(high - low) or 1, begin=min(figure, 0) - low, end=max(figure, 0) - low, width=BAR_WIDTH)
        grid.add_row(Text(label), bar, Text(number(row[measure.name], measure)))
    return f"{measure.title} [{measure.unit}]\n{_printed(grid)}"


def _printed(grid: "Table") -> str:
    from rich.console import Console

    console = Console(file=StringIO(), width=WIDTH, color_system=None, force_terminal=False, emoji=False, markup=False)
    console.print(grid)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def _columns(header: Sequence[str], lines: Sequence[Sequence[str]], numbers: int) -> str:
    """Text in columns, the last `numbers` of them aligned at the right."""
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    first_number = len(header) - numbers

    def line(cells: Sequence[str]) -> str:
        aligned = (c.rjust(w) if n >= first_number else c.ljust(w) for n, (c, w) in enumerate(zip(cells, widths, strict=True)))
        return "  ".join(aligned).rstrip()

    return "\n".join([line(header), line(["-" * width for width in widths]), *map(line, lines)])


def _text(value: Any) -> str:
    """Printable, whatever a source's text holds."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    shown = "(none)" if value is None else str(value)
    return "".join(c if c.isprintable() else "�" for c in shown)
