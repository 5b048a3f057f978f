"""Plots over time or over groups, as numbers: the template draws them as an SVG that scales, with HTML labels that do not.

Geometry is in the SVG's own box, WIDTH by HEIGHT, y downward; positions of labels are in per cent.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import pandas as pd

from lakehouse.report.numbers import NOTHING, compact, day

WIDTH, HEIGHT = 1000, 300
LABELS = 6
# Where no value is farther from another than this, or from 0, all are drawn on an axis up to 1.
SMALLEST = 1e-6


@dataclass(frozen=True)
class Series:
    """One line, set of bars or area: `values` by bucket, a gap where one is missing; `style` is a class of the style sheet.

    Stacked bars begin at the end of the stacked series before. An area is between `lower` and `values`. A `marked` value is
    an anomaly.
    """

    label: str
    values: Sequence[float]
    style: str
    bars: bool = False
    stacked: bool = False
    lower: Sequence[float] = ()
    marked: Sequence[bool] = ()

    def said(self, i: int, form: Callable[[float], str]) -> str:
        """The value of a bucket as text, a dash for none."""
        text = NOTHING if math.isnan(self.values[i]) else form(self.values[i])
        if self.lower and not math.isnan(self.values[i]):
            return f"{form(self.lower[i])} to {text}"
        return f"{text}, anomaly" if self.marked and self.marked[i] else text


@dataclass(frozen=True)
class Drawn:
    """A series as the template draws it: a path, an area, or rectangles (x, y, width, height)."""

    label: str
    style: str
    last: str
    path: str = ""
    area: str = ""
    bars: Sequence[tuple[float, float, float, float]] = ()


@dataclass(frozen=True)
class Axis:
    """The lines of a y axis, from its bottom to its top, 0 among them."""

    lines: Sequence[float]

    def part(self, value: float) -> float:
        """How high a value is, 0 at the bottom and 1 at the top; at the bottom, too, what is below it."""
        bottom, top = self.lines[0], self.lines[-1]
        return max((value - bottom) / (top - bottom), 0.0)


@dataclass(frozen=True)
class Chart:
    """A plot for the template.

    marks: positions of anomalies, in per cent from the left and from below. tooltips: each bucket's extent and text. rows:
    its numbers as a table.
    """

    title: str
    drawn: Sequence[Drawn]
    y_labels: Sequence[tuple[float, str]]
    x_labels: Sequence[tuple[float, str]]
    tooltips: Sequence[tuple[float, float, str]]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    summary: str
    marks: Sequence[tuple[float, float]] = ()


def whole_weeks(frame: pd.DataFrame, how: Mapping[str, Literal["sum", "mean", "last"]]) -> pd.DataFrame:
    """Daily rows as weeks, labelled by their Monday; `how` is each column's aggregate. Only whole weeks are included."""
    weeks = frame.resample("W-MON", label="left", closed="left")
    found = {column: getattr(weeks[column], aggregate)() for column, aggregate in how.items()}
    return pd.DataFrame(found)[weeks.size() == 7]


def time_chart(
    title: str,
    days: pd.DatetimeIndex,
    series: Sequence[Series],
    form: Callable[[float], str],
    weekly: bool,
    axis: Callable[[float], str] = compact,
) -> Chart:
    """Lay a plot out. `form` formats a value, `axis` a label of the axis; a bucket is a day, or if `weekly` the week from it."""
    named = [f"week of {day(d)}" if weekly else day(d) for d in days]
    chart = _laid_out(title, named, series, form, axis)
    return replace(
        chart,
        x_labels=_x_labels(days),
        head=["Week" if weekly else "Day", *chart.head],
        rows=[[row[0].removeprefix("week of "), *row[1:]] for row in chart.rows][::-1],
        summary=f"{title}, {len(days)} {'weeks' if weekly else 'days'} up to {day(days[-1])}; latest: {chart.tooltips[-1][2]}",
    )


def group_chart(title: str, groups: Sequence[str], head: str, series: Sequence[Series], form: Callable[[float], str]) -> Chart:
    """Lay out a plot over groups in a given order, which `head` names; `form` formats a value, also on the axis."""
    chart = _laid_out(title, groups, series, form, form)
    drawn = [replace(of_series, last="") for of_series in chart.drawn]
    summary = f"{title}; " + "; ".join(text for _, _, text in chart.tooltips)
    return replace(chart, drawn=drawn, head=[head, *chart.head], summary=summary)


def _laid_out(
    title: str, named: Sequence[str], series: Sequence[Series], form: Callable[[float], str], axis: Callable[[float], str]
) -> Chart:
    """A plot over buckets of these names, which stand on its x axis and in its rows; the first column has no head yet."""
    floors = _floors(series)
    reached = [v + floor for s, under in zip(series, floors, strict=True) for v, floor in zip(s.values, under, strict=True)]
    y = _axis([v for v in reached if not math.isnan(v)])
    texts = [f"{name}: " + ", ".join(f"{s.label} {s.said(i, form)}" for s in series) for i, name in enumerate(named)]
    step = WIDTH / max(len(named), 1)
    return Chart(
        title=title,
        drawn=[_drawn(s, under, y, form) for s, under in zip(series, floors, strict=True)],
        y_labels=[(100 * y.part(line), axis(line)) for line in y.lines],
        x_labels=[((i + 0.5) * 100 / len(named), name) for i, name in enumerate(named)],
        tooltips=[(round(i * step, 2), round(step, 2), text) for i, text in enumerate(texts)],
        head=[s.label for s in series],
        rows=[[name, *(s.said(i, form) for s in series)] for i, name in enumerate(named)],
        summary="",
        marks=_marks(series, y),
    )


def _marks(series: Sequence[Series], y: Axis) -> list[tuple[float, float]]:
    return [
        (round((i + 0.5) * 100 / len(s.values), 2), round(100 * y.part(s.values[i]), 2))
        for s in series
        for i, is_marked in enumerate(s.marked)
        if is_marked
    ]


def _floors(series: Sequence[Series]) -> list[list[float]]:
    """Where each series begins, by bucket: stacked ones at the end of those before, the others at 0."""
    ground = [0.0] * len(series[0].values)
    floors = []
    for s in series:
        floors.append(ground if s.stacked else [0.0] * len(s.values))
        if s.stacked:
            ground = [below + (0.0 if math.isnan(v) else v) for below, v in zip(ground, s.values, strict=True)]
    return floors


def _axis(values: Sequence[float]) -> Axis:
    """An axis with round lines around the values and 0."""
    highest, lowest = max([*values, 0.0]), min([*values, 0.0])
    if highest - lowest <= SMALLEST:
        highest, lowest = 1.0, 0.0
    rough = (highest - lowest) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    return Axis([i * step for i in range(math.floor(lowest / step), math.ceil(highest / step) + 1)])


def _drawn(series: Series, floors: Sequence[float], y: Axis, form: Callable[[float], str]) -> Drawn:
    step = WIDTH / len(series.values)
    heights = [math.nan if math.isnan(v) else y.part(v) * HEIGHT for v in series.values]
    last = replace(series, marked=()).said(-1, form)
    if series.bars:
        gap = 0.15 * step
        ends = [sorted((y.part(floor), y.part(floor + v))) for v, floor in zip(series.values, floors, strict=True)]
        rectangles = [
            (round(i * step + gap, 2), round((1 - high) * HEIGHT, 2), round(step - 2 * gap, 2), round((high - low) * HEIGHT, 2))
            for i, (low, high) in enumerate(ends)
            if high > low
        ]
        return Drawn(series.label, series.style, last, bars=rectangles)
    if series.lower:
        lower = [math.nan if math.isnan(v) else y.part(v) * HEIGHT for v in series.lower]
        return Drawn(series.label, series.style, last, area=_area(lower, heights, step))
    return Drawn(series.label, series.style, last, path=_path(heights, step))


def _path(heights: Sequence[float], step: float) -> str:
    parts, pen = [], "M"
    for i, height in enumerate(heights):
        if math.isnan(height):
            pen = "M"
            continue
        parts.append(f"{pen}{(i + 0.5) * step:.1f},{HEIGHT - height:.1f}")
        pen = "L"
    return "".join(parts)


def _area(lower: Sequence[float], upper: Sequence[float], step: float) -> str:
    """Closed areas, one for each part without a gap."""
    pieces = []
    for is_gap, places in groupby(range(len(upper)), key=lambda i: math.isnan(upper[i])):
        if not is_gap:
            part = list(places)
            over = "L".join(f"{(i + 0.5) * step:.1f},{HEIGHT - upper[i]:.1f}" for i in part)
            under = "L".join(f"{(i + 0.5) * step:.1f},{HEIGHT - lower[i]:.1f}" for i in reversed(part))
            pieces.append(f"M{over}L{under}Z")
    return "".join(pieces)


def _x_labels(days: pd.DatetimeIndex) -> list[tuple[float, str]]:
    """At most LABELS labels, evenly spread: months over long periods, else days."""
    count = min(LABELS, len(days))
    places = sorted({round((k + 0.5) * len(days) / count - 0.5) for k in range(count)})
    months = (days[-1] - days[0]).days > 150
    return [((i + 0.5) * 100 / len(days), f"{days[i]:%b %Y}" if months else f"{days[i].day} {days[i]:%b}") for i in places]
