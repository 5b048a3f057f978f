"""The same funnels by ClickHouse's windowFunnel, in process by chdb, over the Parquet files of one version of the events.

python -m lakehouse.bench.clickhouse ROOT THREADS
"""

import json
import sys
import time

from lakehouse.bench.funnels import EVENTS, FUNNELS
from lakehouse.funnels.declaration import Funnel
from libs.store.published import Published

ACTORS = {
    "user": "if(isNotNull(user_id), concat('u', user_id), concat('v', anonymous_id))",
    "session": "session_id",
}


def pattern(tables: Published) -> str:
    """The files of the newest version of the events, as one ClickHouse pattern."""
    return f"{tables.path(EVENTS)}/{{{','.join(tables.arrow(EVENTS).files)}}}"


def reached(files: str, threads: int) -> dict[str, list[int]]:
    """For each funnel how many actors reached each of its steps; `files` is from `pattern`."""
    return {funnel.name: _reached(funnel, files, threads) for funnel in FUNNELS.funnels}


def _reached(funnel: Funnel, files: str, threads: int) -> list[int]:
    import chdb

    steps = [f"event_type = '{s.event_type}'" + (f" and {s.where}" if s.where else "") for s in funnel.steps]
    window = int(funnel.window.total_seconds() * 1_000_000)
    actor = ACTORS[funnel.unit]
    counted = ", ".join(f"countIf(depth > {n})" for n in range(len(steps)))
    answer = chdb.query(
        f"""select {counted} from (
            select windowFunnel({window})(toUInt64(toUnixTimestamp64Micro(occurred_at)), {", ".join(steps)}) as depth
            from file('{files}', Parquet) where isNotNull({actor}) group by {actor})
            settings max_threads = {threads}""",
        "CSV",
    )
    return [int(n) for n in str(answer).strip().split(",")]


def main(root: str, threads: int) -> None:
    """Print the counts for the lakehouse at `root` and their duration in seconds, as JSON."""
    files = pattern(Published(root))
    began = time.perf_counter()
    counts = reached(files, threads)
    print(json.dumps({"seconds": time.perf_counter() - began, "counts": counts}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
