"""Times the dashboards' queries with 10 users at once: through Superset (kept answers, and none kept) and asked of Spark directly.

The queries are those that the browser sends when the viewer opens each dashboard. Needs Chromium and the local
cluster, or SUPERSET_URL, SUPERSET_VIEWER_PASSWORD, THRIFT_HOST and THRIFT_PORT of another.
Exit status: 0 done, 1 a query failed, 2 wrong usage.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobs.dashboards import ASSETS, services
from jobs.entry import run_job
from lakehouse.dashboards.connection import address, password
from lakehouse.dashboards.files import slugs
from libs.load import Load, at_once
from libs.settings.project import PROJECT_ROOT
from libs.superset.api import Superset, SupersetError

Payload = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="bench_bi", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--users", type=int, default=10, metavar="N", help="users at once; default: %(default)s")
    asked = parser.parse_args(arguments)
    return run_job("bench_bi", lambda: _bench(asked.users))


def _bench(users: int) -> int:
    known = services()
    where, secret = address(known), password(known, "viewer")
    payloads = _payloads(where, secret)
    print(f"{len(payloads)} queries of {len(slugs(ASSETS))} dashboards, {users} users at once, each asks all of them")
    sessions = [Superset(where, "viewer", secret) for _ in range(users)]
    queries = {name: _sql(sessions[0], payload) for name, payload in payloads.items()}
    with _Askers(users, known) as askers:
        sides = {
            "Superset, kept answers": [_through(session, payloads, force=False) for session in sessions],
            "Superset, nothing kept": [_through(session, payloads, force=True) for session in sessions],
            "Spark directly": [_directly(asker, queries) for asker in askers],
        }
        failed = [_failed(side, _measured(asking, list(payloads))) for side, asking in sides.items()]
    return 1 if any(failed) else 0


def _payloads(where: str, secret: str) -> dict[str, Payload]:
    """What the browser asks for, by dashboard and chart."""
    from libs.superset.browser import superset_browser

    found: dict[str, Payload] = {}
    with superset_browser(where) as browser:
        browser.log_in("viewer", secret)
        for slug in slugs(ASSETS):
            dashboard = browser.open(slug)
            for payload, _ in dashboard.queries:
                found[f"{slug} {len(found)}: {_asked_for(payload)}"] = payload
            dashboard.shut()
    return found


def _asked_for(payload: Payload) -> str:
    query = payload["queries"][0]
    names = [m if isinstance(m, str) else m.get("label", "?") for m in query.get("metrics") or query.get("columns") or []]
    return ", ".join(str(name) for name in names[:3])


def _sql(session: Superset, payload: Payload) -> str:
    answer = session.post("chart/data", {**payload, "result_type": "query"})
    return str(answer["result"][0]["query"]).strip().rstrip(";")


def _through(session: Superset, payloads: Mapping[str, Payload], *, force: bool) -> Callable[[str], None]:
    def ask(name: str) -> None:
        for result in session.post("chart/data", {**payloads[name], "force": force})["result"]:
            if result.get("error"):
                raise SupersetError(result["error"])

    return ask


class _Askers:
    """Processes in Superset's environment, which has the Thrift server's client; each is a user."""

    def __init__(self, count: int, env: Mapping[str, str]) -> None:
        command = [str(PROJECT_ROOT / ".superset-venv" / "bin" / "python"), "-m", "superset_lakehouse.ask"]
        pipe = subprocess.PIPE
        self._all = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=dict(env)) for _ in range(count)]

    def __enter__(self) -> "list[subprocess.Popen[str]]":
        return self._all

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.communicate()


def _directly(asker: "subprocess.Popen[str]", queries: Mapping[str, str]) -> Callable[[str], None]:
    def ask(name: str) -> None:
        assert asker.stdin and asker.stdout
        asker.stdin.write(json.dumps(queries[name]) + "\n")
        asker.stdin.flush()
        printed = json.loads(asker.stdout.readline())
        if "error" in printed:
            raise SupersetError(printed["error"])

    return ask


def _measured(users: Sequence[Callable[[str], None]], names: Sequence[str]) -> Load:
    """The second time counts: by then Java has compiled what runs often."""
    at_once(users[:2], names)
    return at_once(users, names)


def _failed(side: str, load: Load) -> bool:
    """Tell what was measured; returns whether a query failed."""
    p50, p95, p99 = (load.percentile(percent) for percent in (50, 95, 99))
    rate = len(load.answers) / load.seconds
    print(f"{side:<24} p50 {p50:6.2f} s   p95 {p95:6.2f} s   p99 {p99:6.2f} s   {rate:6.1f} answers a second", flush=True)
    for name, seconds in load.slowest(3):
        print(f"    slowest: {name} ({seconds:.2f} s)")
    for error in load.errors:
        print(f"    failed: {error}", file=sys.stderr)
    return bool(load.errors)


if __name__ == "__main__":
    sys.exit(main())
