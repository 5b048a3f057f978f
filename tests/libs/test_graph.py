"""Tasks of a graph run in order, and a failure stops those that have not begun."""

import pytest

from libs.graph import run_graph


def test_a_task_runs_after_what_it_depends_on() -> None:
    done: list[str] = []
    run_graph({"c": ["a", "b"], "b": ["a"], "a": []}, done.append, workers=2)
    assert done == ["a", "b", "c"]


def test_a_failure_is_raised_and_its_dependants_do_not_run() -> None:
    done: list[str] = []

    def do(task: str) -> None:
        if task == "b":
            raise ValueError("b is broken")
        done.append(task)

    with pytest.raises(ValueError, match="b is broken"):
        run_graph({"c": ["b"], "b": ["a"], "a": []}, do, workers=2)
    assert done == ["a"]
