from collections.abc import Callable
from itertools import pairwise

import pandas as pd
import pytest

from lakehouse.report import ReportData
from lakehouse.report.charts import HEIGHT, WIDTH
from lakehouse.report.data import PATHS
from lakehouse.report.sankey import COLUMNS, NAMED, NODE, paths

Made = Callable[..., ReportData]


def test_steps_have_their_share_of_all_sessions_and_the_ends_are_below(made_data: Made) -> None:
    picture = paths(made_data())
    assert picture is not None
    shares = {(node.x, node.label): node.share for node in picture.nodes}
    second, third = WIDTH / COLUMNS, 2 * WIDTH / COLUMNS
    assert {label: share for (x, label), share in shares.items() if x == 0} == {"page view": "60 %", "view": "40 %"}
    assert [label for x, label in shares if x == second] == ["view", "add to cart", "exit"]
    assert [label for x, label in shares if x == third] == ["purchase", "exit", "more"]
    assert picture.rows[0] == ("1", "start", "page view", "60", "60.0 %")


def test_ribbons_fill_the_steps_that_they_join(made_data: Made) -> None:
    picture = paths(made_data())
    assert picture is not None
    first = next(node for node in picture.nodes if node.label == "page view")
    leaving = [ribbon.path for ribbon in picture.ribbons if ribbon.path.startswith(f"M{NODE:.1f},")]
    tops = sorted(float(path.split(",")[1].split("C")[0]) for path in leaving)
    assert tops[0] == pytest.approx(first.y, abs=0.01)
    # 50 of 60 sessions continue to a view: the second ribbon begins five sixths down.
    assert tops[1] == pytest.approx(first.y + first.height * 50 / 60, abs=0.02)


def test_rare_steps_are_grouped_and_labels_do_not_overlap(made_data: Made) -> None:
    edges = [(1, "(start)", f"event_{n}", 100 - n) for n in range(20)] + [(2, f"event_{n}", "(exit)", 100 - n) for n in range(20)]
    picture = paths(made_data(paths=pd.DataFrame(edges, columns=PATHS)))
    assert picture is not None
    first = [node for node in picture.nodes if node.x == 0]
    assert sorted(node.label for node in first) == [*[f"event {n}" for n in range(NAMED)], "others"]
    middles = sorted(node.y + node.height / 2 for node in first)
    assert min(b - a for a, b in pairwise(middles)) > 0.08 * HEIGHT
    assert max(node.y + node.height for node in picture.nodes) <= HEIGHT


def test_types_of_events_that_are_called_as_the_ends_have_their_own_nodes_and_words(made_data: Made) -> None:
    edges = [(1, "(start)", "((others))", 4), (1, "(start)", "(own)", 2), (2, "((others))", "((exit))", 3)]
    edges += [(2, "((others))", "(exit)", 1), (2, "(own)", "(exit)", 2), (3, "((exit))", "(exit)", 3)]
    picture = paths(made_data(paths=pd.DataFrame(edges, columns=PATHS)))
    assert picture is not None
    second = WIDTH / COLUMNS
    assert [node.label for node in picture.nodes if node.x == 0] == ["(others)", "(own)"]
    assert [(node.label, node.share) for node in picture.nodes if node.x == second] == [("(exit)", "50 %"), ("exit", "50 %")]


def test_without_sessions_no_diagram_is_drawn(orders_only: ReportData) -> None:
    assert paths(orders_only) is None
