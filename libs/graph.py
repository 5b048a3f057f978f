"""Runs the tasks of a graph in parallel, each after those it depends on."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

Result = TypeVar("Result")
Fault = TypeVar("Fault", bound=Exception)


@dataclass(frozen=True)
class Ran(Generic[Result, Fault]):
    """Results, in the order in which tasks ended, and errors, both by task."""

    results: Mapping[str, Result]
    faults: Mapping[str, Fault]


def run_graph(
    graph: Mapping[str, Iterable[str]],
    do: Callable[[str, Mapping[str, Result]], Result],
    workers: int,
    fault: type[Fault] | tuple[()] = (),
) -> Ran[Result, Fault]:
    """Call `do` with each task's name and the results of the tasks before it, up to `workers` at once.

    `graph` maps a task to the tasks that it depends on; each of them is a task itself.
    When a task fails with a `fault`, the tasks that depend on it are skipped, and no others. After any other error no further
    task is started, running ones end, and the error is raised.
    """
    order = TopologicalSorter(graph)
    order.prepare()
    running: dict[Future[Result], str] = {}
    results: dict[str, Result] = {}
    faults: dict[str, Fault] = {}
    with ThreadPoolExecutor(workers) as pool:
        while True:
            for task in order.get_ready():
                before = {name: results[name] for name in graph.get(task, ())}
                running[pool.submit(do, task, before)] = task
            if not running:
                return Ran(results, faults)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                task, error = running.pop(future), future.exception()
                if error is None:
                    results[task] = future.result()
                    order.done(task)
                elif isinstance(error, fault):
                    faults[task] = error
                else:
                    pool.shutdown(cancel_futures=True)
                    raise error
