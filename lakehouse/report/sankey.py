"""Session paths as a Sankey diagram: nodes and ribbons as numbers, which the template draws as SVG with labels in HTML.

Geometry is in the SVG's own box, WIDTH by HEIGHT, y downward; positions of labels are in per cent.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lakehouse.gold.paths import EXIT, MORE, NO_EVENT, OTHERS, START
from lakehouse.report.charts import HEIGHT, WIDTH
from lakehouse.report.data import ReportData, rows_of
from lakehouse.report.numbers import percent, rough_percent, whole

COLUMNS = 5
NAMED = 5
ENDS = (MORE, EXIT)
NODE = 14
# Room for the two lines of a label, so that those of small nodes do not overlap.
GAP = 0.09 * HEIGHT
Place = tuple[int, str]
Box = tuple[float, float, float]
Flows = Mapping[tuple[int, str, str], int]


@dataclass(frozen=True)
class Node:
    """A step: its rectangle, its label with the share of all sessions, and the class of its colour."""

    x: float
    y: float
    height: float
    style: str
    label: str
    share: str
    tooltip: str
    width: int = NODE

    @property
    def left(self) -> float:
        """The label's start, in per cent from the left."""
        return 100 * (self.x + NODE) / WIDTH

    @property
    def middle(self) -> float:
        """The label's middle, in per cent from the top."""
        return 100 * (self.y + self.height / 2) / HEIGHT


@dataclass(frozen=True)
class Ribbon:
    """Sessions that go from one step to the next, as a path."""

    path: str
    style: str
    tooltip: str


@dataclass(frozen=True)
class Sankey:
    """The diagram for the template; `rows` has the numbers as a table."""

    nodes: Sequence[Node]
    ribbons: Sequence[Ribbon]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    summary: str
    columns: int = COLUMNS
    column_width: float = 100 / COLUMNS


def paths(data: ReportData) -> Sankey | None:
    """The first COLUMNS steps of sessions, the most frequent events by name."""
    flows = _flows(data.paths)
    sessions = sum(count for (number, _, _), count in flows.items() if number == 1)
    if not sessions:
        return None
    styles = _styles(flows)
    sizes, nodes = _sizes(flows), _nodes(flows, list(styles))
    return Sankey(
        nodes=[_node(place, box, sessions, styles, sizes[place]) for place, box in nodes.items()],
        ribbons=_ribbons(flows, nodes, sessions, styles),
        head=["Step", "From", "To", "Sessions", "Share"],
        rows=[(str(n), _said(a), _said(b), whole(c), percent(c / sessions)) for (n, a, b), c in sorted(flows.items(), key=_rank)],
        summary=f"Steps of {whole(sessions)} sessions, from their first event to their {COLUMNS}th step",
    )


def _rank(flow: tuple[tuple[int, str, str], int]) -> tuple[int, int]:
    (number, _, _), count = flow
    return number, -count


def _flows(edges: pd.DataFrame) -> Flows:
    """Sessions by step number, step before and step; events other than the NAMED most frequent are one."""
    shown = edges[edges["step_number"] <= COLUMNS]
    frequent: Counter[str] = Counter()
    for r in rows_of(shown):
        frequent[r.to_step] += int(r.sessions)
    named = {START, *ENDS, *[step for step, _ in frequent.most_common() if step not in ENDS][:NAMED]}
    flows: Counter[tuple[int, str, str]] = Counter()
    for r in rows_of(shown):
        source, target = (step if step in named else OTHERS for step in (r.from_step, r.to_step))
        flows[int(r.step_number), source, target] += int(r.sessions)
    return flows


def _styles(flows: Flows) -> dict[str, str]:
    """A colour class for each step: by frequency, the ends last."""
    frequent: Counter[str] = Counter()
    for (_, _, target), count in flows.items():
        frequent[target] += count
    named = [step for step, _ in frequent.most_common() if step not in (OTHERS, *ENDS)]
    styles = {step: f"step{n}" for n, step in enumerate(named)}
    return styles | {step: "others" for step in (OTHERS, *ENDS) if step in frequent}


def _sizes(flows: Flows) -> Counter[Place]:
    """How many sessions reach each step."""
    sizes: Counter[Place] = Counter()
    for (number, _, target), count in flows.items():
        sizes[number, target] += count
    return sizes


def _nodes(flows: Flows, order: Sequence[str]) -> dict[Place, Box]:
    """x, y and height of each step in each column; the fullest column fills the height."""
    sizes = _sizes(flows)
    columns = [_column(n, sizes, order) for n in range(1, COLUMNS + 1)]
    scale = min(
        (HEIGHT - GAP * len(steps)) / sum(sizes[n, step] for step in steps) for n, steps in enumerate(columns, 1) if steps
    )
    placed: dict[Place, Box] = {}
    for number, steps in enumerate(columns, 1):
        y = GAP / 2
        for step in steps:
            height = sizes[number, step] * scale
            placed[number, step] = ((number - 1) * WIDTH / COLUMNS, y, height)
            y += height + GAP
    return placed


def _column(number: int, sizes: Mapping[Place, int], order: Sequence[str]) -> list[str]:
    """The steps of a column from top to bottom: the greatest first, the ends last."""
    steps = [step for step in order if (number, step) in sizes]
    return sorted(steps, key=lambda step: (step in ENDS, -sizes[number, step]))


def _node(place: Place, box: Box, sessions: int, styles: Mapping[str, str], count: int) -> Node:
    number, step = place
    x, y, height = (round(value, 2) for value in box)
    tooltip = f"Step {number}, {_said(step)}: {whole(count)} sessions ({percent(count / sessions)})"
    return Node(x, y, max(height, 1.0), styles[step], _said(step), rough_percent(count / sessions), tooltip)


def _ribbons(flows: Flows, nodes: Mapping[Place, Box], sessions: int, styles: Mapping[str, str]) -> list[Ribbon]:
    """Ribbons leave and reach a step in the order of the steps, so that few of them cross."""
    scale = next(box[2] for box in nodes.values()) / next(_sizes(flows)[place] for place in nodes)
    top = {place: box[1] for place, box in nodes.items()}
    left, right = (dict(top), dict(top))
    later = [flow for flow in flows if flow[0] > 1]
    ribbons = []
    for number, source, target in sorted(later, key=lambda f: (f[0], top[f[0] - 1, f[1]], top[f[0], f[2]])):
        count, start, end = flows[number, source, target], (number - 1, source), (number, target)
        tooltip = f"{_said(source)} → {_said(target)}, step {number}: {whole(count)} sessions ({percent(count / sessions)})"
        path = _path((nodes[start][0] + NODE, left[start]), (nodes[end][0], right[end]), count * scale)
        ribbons.append(Ribbon(path, styles[source], tooltip))
        left[start] += count * scale
        right[end] += count * scale
    return ribbons


def _path(start: tuple[float, float], end: tuple[float, float], thickness: float) -> str:
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    upper = f"M{x0:.1f},{y0:.2f}C{middle:.1f},{y0:.2f} {middle:.1f},{y1:.2f} {x1:.1f},{y1:.2f}"
    lower = f"C{middle:.1f},{y1 + thickness:.2f} {middle:.1f},{y0 + thickness:.2f} {x0:.1f},{y0 + thickness:.2f}"
    return f"{upper}V{y1 + thickness:.2f}{lower}Z"


def _said(step: str) -> str:
    """The word of what is no event, the type of an event as its source has it."""
    return (step[1:-1] if re.fullmatch(NO_EVENT, step) else step).replace("_", " ")
