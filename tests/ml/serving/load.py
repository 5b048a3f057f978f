"""How long `/predict` takes under load: requests come when they come, whether or not those before were answered (open loop).

Arrivals are those of a Poisson process; a request's time runs from its arrival, so that waiting for a free connection counts. The
service is a process of its own, on a small lakehouse that is made first; half of the way a new champion may be promoted.

python -m tests.ml.serving.load [--rate 300] [--connections 50] [--seconds 25] [--users 20000] [--reload] [--lakehouse DIR]
"""

import argparse
import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import requests

from libs.settings.project import PROJECT_ROOT
from tests.ml.serving.lakehouses import made_champion, registered, settings_of, trained, write_features

READY_SECONDS = 120
TREES = 300


@dataclass
class Measured:
    """Of each request: seconds from arrival to answer, how much of it passed before it was sent, and its status."""

    seconds: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def line(self, what: str) -> str:
        p50, p95, p99, most = (1000 * float(np.quantile(self.seconds, q)) for q in (0.5, 0.95, 0.99, 1))
        late = 1000 * float(np.quantile(self.waited, 0.99))
        answers = ", ".join(f"{n:,} of status {status}" for status, n in sorted(self.statuses.items()))
        return f"{what}: {answers}; p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, longest {most:.1f} ms (p99 before sending {late:.1f} ms)"


def make(root: Path, users: int) -> str:
    """A lakehouse with a champion, and a challenger of the same users, whose number is returned."""
    settings = settings_of(root)
    write_features(settings, users)
    registered(settings, trained(users, rounds=TREES))
    return registered(settings, trained(users, seed=7, rounds=TREES), is_champion=False)[0]


@contextmanager
def service(root: Path, *words: str, conf: Path | None = None) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """A process that serves the lakehouse, once it is ready, and its port; it is stopped as by a user at the end."""
    env = {**os.environ, "LAKEHOUSE_ROOT": str(root), "PROFILE": "", "PYTHONPATH": str(PROJECT_ROOT)}
    env |= {"CONF": str(conf)} if conf else {}
    command = [sys.executable, "-m", "jobs.serve", "--port", "0", *words]
    with subprocess.Popen(command, env=env, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+),", process.stdout.readline())
            assert found, process.poll()
            yield int(found[1]), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def cpu_seconds(pid: int) -> float:
    """Of a process since it began, of all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def await_ready(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while requests.get(f"http://127.0.0.1:{port}/ready", timeout=60).status_code != 200:
        assert time.monotonic() < deadline, requests.get(f"http://127.0.0.1:{port}/ready", timeout=60).text
        time.sleep(0.2)


async def loaded(port: int, rate: float, connections: int, seconds: float, users: int, seed: int = 1) -> Measured:
    """Ask for `seconds` seconds, `rate` times a second on average."""
    draw, measured, arrivals = random.Random(seed), Measured(), asyncio.Queue[float]()
    asking = [asyncio.create_task(_ask(port, arrivals, measured, random.Random(n), users)) for n in range(connections)]
    begins = due = time.perf_counter() + 0.5
    while due < begins + seconds:
        await asyncio.sleep(due - time.perf_counter())
        arrivals.put_nowait(due)
        due += draw.expovariate(rate)
    await arrivals.join()
    for task in asking:
        task.cancel()
    faults = [
        fault for fault in await asyncio.gather(*asking, return_exceptions=True) if not isinstance(fault, asyncio.CancelledError)
    ]
    assert not faults, faults
    return measured


async def _ask(port: int, arrivals: "asyncio.Queue[float]", measured: Measured, draw: random.Random, users: int) -> None:
    """One connection, which is kept."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            due = await arrivals.get()
            body = b'{"user_id": "u%d"}' % draw.randrange(users)
            sent = time.perf_counter()
            writer.write(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            measured.seconds.append(time.perf_counter() - due)
            measured.waited.append(sent - due)
            measured.statuses[int(head.split()[1])] += 1
            arrivals.task_done()
    finally:
        writer.close()


async def _with_reload(root: Path, challenger: str | None, *load: float, port: int, users: int) -> Measured:
    rate, connections, seconds = load
    asking = asyncio.create_task(loaded(port, rate, int(connections), seconds, users))
    if challenger:
        await asyncio.sleep(seconds / 2)
        # In a process of its own: MLflow would keep the requests here waiting.
        code = "import sys, pathlib; from tests.ml.serving.load import *; made_champion(settings_of(pathlib.Path(sys.argv[1])), sys.argv[2])"
        promoted = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(root), challenger, cwd=PROJECT_ROOT)
        await promoted.wait()
    return await asking


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--reload", action="store_true", help="promote another champion half of the way")
    parser.add_argument("--lakehouse", type=Path, help="made there if it is not, and kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="serving-") as aside:
        root = asked.lakehouse or Path(aside) / "lakehouse"
        challenger = make(root, asked.users) if not root.exists() else "2"
        made_champion(settings_of(root), "1")
        (Path(aside) / "models.yaml").write_text("serving: {reload_seconds: 1}\n" if asked.reload else "")
        with service(root, conf=Path(aside)) as (port, process):
            await_ready(port)
            load = (asked.rate, asked.connections, asked.seconds)
            asyncio.run(loaded(port, asked.rate, asked.connections, 3, asked.users))
            before = cpu_seconds(process.pid)
            measured = asyncio.run(_with_reload(root, challenger if asked.reload else None, *load, port=port, users=asked.users))
            spent = 1000 * (cpu_seconds(process.pid) - before) / len(measured.seconds)
    between = ", a new champion in between" if asked.reload else ""
    what = f"{asked.rate:g} requests/s from {asked.connections} connections for {asked.seconds:g} s{between}"
    print(measured.line(what))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; the service took {spent:.2f} ms of a core a request")


if __name__ == "__main__":
    main()
