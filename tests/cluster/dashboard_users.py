"""Users of the dashboards, for tests that interrupt services."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lakehouse.dashboards.connection import address, password
from libs.superset.api import Superset, SupersetError

PAUSE_SECONDS = 5
QUERY = {"metrics": [{"expressionType": "SQL", "sqlExpression": "sum(net_revenue)", "label": "revenue"}], "columns": []}


@dataclass
class Asked:
    """The answers to users who queried all revenue, and the errors of those without an answer."""

    answers: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@contextmanager
def dashboard_users(number: int) -> Iterator[Asked]:
    """So many viewers ask Superset for all revenue, again and again and never from its cache, as long as the block runs."""
    asked, end = Asked(), threading.Event()
    people = [threading.Thread(target=_ask_until, args=(end, asked)) for _ in range(number)]
    for person in people:
        person.start()
    try:
        yield asked
    finally:
        end.set()
        for person in people:
            person.join()


def _ask_until(end: threading.Event, asked: Asked) -> None:
    question: dict[str, Any] = {}
    session = None
    while not end.wait(PAUSE_SECONDS):
        try:
            session = session or Superset(address(os.environ), "viewer", password(os.environ, "viewer"))
            question = question or _question(session)
            asked.answers.append(float(session.post("chart/data", question)["result"][0]["data"][0]["revenue"]))
        except SupersetError as error:
            asked.failures.append(str(error))
            session = None


def _question(session: Superset) -> dict[str, Any]:
    rows = session.listed("dataset", ["id", "schema", "table_name"])
    number = next(row["id"] for row in rows if (row["schema"], row["table_name"]) == ("gold", "revenue_daily"))
    return {"datasource": {"id": number, "type": "table"}, "queries": [QUERY], "force": True}
