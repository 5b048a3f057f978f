"""A source that gives orders but nobody who placed them: its rows wait, and the run says what to declare."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lakehouse.refresh.orchestration import Asked, refresh
from libs.settings.config import load_settings
from tests.lakehouse.test_odd_inputs import Heard, answers
from tests.small_spark import small

pytestmark = pytest.mark.only_native

ORDERS = """
source: till
id_prefix: till-
tables:
  bills:
    files: ["bills*.csv"]
    fields: [bill, buyer, at]
    feeds:
      orders:
        columns: {order_id: bill, user_id: buyer, created_at: at}
        required: [order_id, user_id, created_at]
"""
USERS = """
      users:
        columns: {user_id: buyer, created_at: at}
        required: [user_id]
        keep: {earliest: created_at}
"""
WAITING = (
    "till: no feed fills silver.users, and rows whose user_id is not in it wait in quarantine: "
    "a feed of users may read the same rows of bills"
)


def test_orders_without_users_wait_and_the_run_says_what_to_declare(engine: str, tmp_path: Path) -> None:
    data, conf = tmp_path / "data", tmp_path / "conf" / "sources"
    data.mkdir()
    conf.mkdir(parents=True)
    (data / "bills.csv").write_text("bill,buyer,at\nb1,u1,2026-03-02 10:00:00\nb2,u2,2026-03-02 11:00:00\n")
    known = {
        "LAKEHOUSE_ROOT": str(tmp_path / "lake"),
        "LAKEHOUSE_ENGINE": engine,
        "REPORT": str(tmp_path / "report.html"),
        "CONF": str(conf.parent),
    }
    asked = Asked(str(data), "till", datetime(2026, 3, 3, tzinfo=UTC))
    counts = "select (select count(*) from silver.orders), (select count(*) from quarantine.till_bills)"

    (conf / "till.yaml").write_text(ORDERS)
    first = Heard()
    refresh(asked, small(load_settings(known)), first)
    assert [line for line in first.lines if "no feed fills" in line] == [WAITING]
    assert answers(tmp_path / "lake", [counts]) == {counts: [(0, 2)]}

    (conf / "till.yaml").write_text(ORDERS + USERS)
    second = Heard()
    refresh(asked, small(load_settings(known)), second)
    assert [line for line in second.lines if "no feed fills" in line] == []
    assert answers(tmp_path / "lake", [counts]) == {counts: [(2, 0)]}
