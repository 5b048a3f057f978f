"""The lineage diagram: every table and the tables that it depends on, as an SVG, left to right.

A table is one column to the right of the last table that it depends on, gold to the right of all silver. A line that passes
a column has its own position there, shared by all lines from the same table, so that it runs between the boxes. Within a
column, boxes and lines are at the mean height of their neighbours, over a few sweeps (the barycentre method of Sugiyama,
Tagawa and Toda, 1981). It is drawn without a library, from declarations alone, for light and dark pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from lakehouse.catalogue.entry import Catalogue
from libs.tables import Merge

BOX_WIDTH, BOX_HEIGHT, LINE_HEIGHT = 186, 28, 4
GAP_X, GAP_Y, MARGIN, HEAD = 84, 10, 16, 32
SWEEPS = 24
BRONZE = "bronze.*"
PASSES = "passes column"
STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1b1d21; }
  .head { font-size: 13px; font-weight: 600; fill: #6b727d; }
  rect { stroke-width: 1.2; }
  .bronze { fill: #f3e3d3; stroke: #a8703a; } .silver { fill: #e3e9f0; stroke: #6b7f95; }
  .gold { fill: #fbf0c8; stroke: #b08a20; }
  path { fill: none; stroke: #9aa3af; stroke-width: 1.3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #eceef0; } .head { fill: #a3abb6; }
    path { stroke: #66707d; } .bronze { fill: #46301c; } .silver { fill: #2a3644; } .gold { fill: #423714; }
  }
"""


@dataclass(frozen=True)
class _Place:
    """A box, or (`table` is None) the point where a line passes a column. `y` is its middle."""

    table: str | None
    x: float
    y: float


@dataclass(frozen=True)
class _Graph:
    """Columns of nodes, links between nodes of neighbouring columns, and for each edge the nodes on its way.

    A node is a table, or the point where the lines of a table pass a column.
    """

    columns: list[list[str]]
    links: list[tuple[str, str]]
    chains: list[list[str]]


def lineage_svg(catalogue: Catalogue) -> str:
    """Return the diagram of the catalogue's tables; bronze, whose tables depend on the declared sources, is one box."""
    graph = _graph(catalogue)
    columns = _ordered(graph)
    places = _places(columns)
    width = 2 * MARGIN + len(columns) * BOX_WIDTH + (len(columns) - 1) * GAP_X
    height = HEAD + MARGIN + max(p.y for p in places.values()) + BOX_HEIGHT / 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" viewBox="0 0 {width} {height:.0f}" '
            'role="img" aria-labelledby="title">',
            '<title id="title">Lineage: which tables each table is computed from, from bronze on the left to gold on the right</title>',
            f"<style>{STYLE}</style>",
            *_heads(columns),
            f'<g transform="translate(0 {HEAD})">',
            *(_line([places[node] for node in chain]) for chain in graph.chains),
            *(_box(place) for place in places.values() if place.table),
            "</g>",
            "</svg>\n",
        ]
    )


def _edges(catalogue: Catalogue) -> list[tuple[str, str]]:
    read = [(source, name) for name, entry in catalogue.items() for source in entry.reads]
    return sorted(read + [(BRONZE, name) for name, entry in catalogue.items() if isinstance(entry.table.refresh, Merge)])


def _levels(catalogue: Catalogue, edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """In the catalogue's order each table is after those that it depends on. Tables without links are left out."""
    linked = {name for edge in edges for name in edge}
    levels = {BRONZE: 0}
    for layer in ("silver", "gold"):
        first = max(levels.values()) + 1
        for name in (n for n, e in catalogue.items() if e.table.layer == layer and n in linked):
            levels[name] = max([first, *(levels[a] + 1 for a, b in edges if b == name and a in levels)])
    return levels


def _graph(catalogue: Catalogue) -> _Graph:
    edges = _edges(catalogue)
    levels = _levels(catalogue, edges)
    columns: list[list[str]] = [[] for _ in range(max(levels.values()) + 1)]
    for name, level in sorted(levels.items()):
        columns[level].append(name)
    chains = []
    for a, b in edges:
        passing = [f"{a} {PASSES} {level}" for level in range(levels[a] + 1, levels[b])]
        for level, node in enumerate(passing, start=levels[a] + 1):
            if node not in columns[level]:
                columns[level].append(node)
        chains.append([a, *passing, b])
    return _Graph(columns, sorted({link for chain in chains for link in pairwise(chain)}), chains)


def _ordered(graph: _Graph) -> list[list[str]]:
    columns = [list(column) for column in graph.columns]
    for sweep in range(SWEEPS):
        rightward = sweep % 2 == 0
        order = range(1, len(columns)) if rightward else range(len(columns) - 2, -1, -1)
        for i in order:
            fixed = {
                node: k / len(columns[i - 1 if rightward else i + 1])
                for k, node in enumerate(columns[i - 1 if rightward else i + 1])
            }
            columns[i] = _by_neighbours(columns[i], fixed, graph.links)
    return columns


def _by_neighbours(column: Sequence[str], fixed: Mapping[str, float], links: Sequence[tuple[str, str]]) -> list[str]:
    def height(node: str) -> float:
        near = [fixed[a if b == node else b] for a, b in links if node in (a, b) and (a if b == node else b) in fixed]
        return sum(near) / len(near) if near else column.index(node) / len(column)

    return sorted(column, key=lambda node: (height(node), column.index(node)))


def _places(columns: Sequence[Sequence[str]]) -> dict[str, _Place]:
    """Each column is centred on the tallest."""
    tallest = max(_height(column) for column in columns)
    places = {}
    for i, column in enumerate(columns):
        y = (tallest - _height(column)) / 2
        for node in column:
            size = _size(node)
            places[node] = _Place(None if _passes(node) else node, MARGIN + i * (BOX_WIDTH + GAP_X), y + size / 2)
            y += size + GAP_Y
    return places


def _passes(node: str) -> bool:
    return PASSES in node


def _size(node: str) -> float:
    return LINE_HEIGHT if _passes(node) else BOX_HEIGHT


def _height(column: Sequence[str]) -> float:
    return sum(_size(node) + GAP_Y for node in column) - GAP_Y


def _line(stops: Sequence[_Place]) -> str:
    """From the right side of the first box to the left side of the last, level where it passes a column."""
    path = f"M{stops[0].x + BOX_WIDTH},{stops[0].y:.1f}"
    for before, stop in pairwise(stops):
        middle = stop.x - GAP_X / 2
        path += f"C{middle:.0f},{before.y:.1f} {middle:.0f},{stop.y:.1f} {stop.x},{stop.y:.1f}"
        if stop.table is None:
            path += f"H{stop.x + BOX_WIDTH}"
    return f'<path d="{path}"/>'


def _box(place: _Place) -> str:
    assert place.table is not None
    layer, short = place.table.split(".", 1)
    label = "bronze: rows as they arrived" if place.table == BRONZE else short
    corner = f'x="{place.x}" y="{place.y - BOX_HEIGHT / 2:.1f}"'
    rect = f'<rect class="{layer}" {corner} width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
    return f'{rect}<text x="{place.x + 10}" y="{place.y + 4:.1f}">{escape(label)}</text>'


def _heads(columns: Sequence[Sequence[str]]) -> list[str]:
    """The layer's name over the first of its columns."""
    layers = [next(node for node in column if not _passes(node)).split(".", 1)[0] for column in columns]
    return [
        f'<text class="head" x="{MARGIN + i * (BOX_WIDTH + GAP_X)}" y="20">{layer.capitalize()}</text>'
        for i, layer in enumerate(layers)
        if layer not in layers[:i]
    ]
