"""Doing a graph's tasks, each after those it depends on, several at once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

Fault = TypeVar("Fault", bound=Exception)


def run_graph(
    graph: Mapping[str, Iterable[str]], do: Callable[[str], None], workers: int, fault: type[Fault] | tuple[()] = ()
) -> dict[str, Fault]:
    """Call `do` with each task's name, up to `workers` at once; `graph` maps a task to the tasks that come before it.

    A task that fails with a `fault` holds back the tasks that come after it, and no other: returns the faults by task. After
    any other error no further task is begun, those under way end, and the error is raised.
    """
    order = TopologicalSorter(graph)
    order.prepare()
    running: dict[Future[None], str] = {}
    faults: dict[str, Fault] = {}
    with ThreadPoolExecutor(workers) as pool:
        while True:
            running |= {pool.submit(do, task): task for task in order.get_ready()}
            if not running:
                return faults
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                task, error = running.pop(future), future.exception()
                if error is None:
                    order.done(task)
                elif isinstance(error, fault):
                    faults[task] = error
                else:
                    pool.shutdown(cancel_futures=True)
                    raise error
