"""Doing a graph's tasks, each after those it depends on, several at once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter


def run_graph(graph: Mapping[str, Iterable[str]], do: Callable[[str], None], workers: int) -> None:
    """Call `do` with each task's name, up to `workers` at once; `graph` maps a task to the tasks that come before it.

    When a task fails, no further one is begun, those under way end, and the first error is raised.
    """
    order = TopologicalSorter(graph)
    order.prepare()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(workers) as pool:
        while order.is_active():
            running |= {pool.submit(do, task): task for task in order.get_ready()}
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                order.done(running.pop(future))
            failed = [future for future in done if future.exception()]
            if failed:
                pool.shutdown(cancel_futures=True)
                raise failed[0].exception()  # type: ignore[misc]
