"""Small inputs as people really have them, beside the checkout, with the figures that are right; one whole run each."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from lakehouse.refresh.orchestration import Asked, refresh
from lakehouse.refresh.run import Outcome
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT
from libs.store.published import Published
from tests.jobs.whole_runs import Job
from tests.small_spark import small

CASES = PROJECT_ROOT.parent / "shared" / "cases"
# Source, the moment that figures are as of, and queries with the rows that are right, in their order.
Figures = tuple[str, str, dict[str, Any]]
REVENUE = "select orders, buyers, gross_revenue::varchar from gold.revenue_daily where order_date = '{}'"
DAU = "select dau from gold.active_users_daily where activity_date = '{}'"
OF_ORDERS = "select order_id, status from silver.orders order by 1"
RIGHT: dict[str, Figures] = {
    "01-null-words-as-ids": (
        "product_events",
        "2026-08-01",
        {
            DAU.format("2026-03-01"): [(4,)],
            "select user_id from silver.users order by 1": [("pe-u1",), ("pe-u2",), ("pe-u3",), ("pe-u4",)],
            "select user_id from silver.events where event_id in ('pe-n1', 'pe-n4')": [("pe-u1",), ("pe-u1",)],
            "select events from gold.user_activity_daily where user_id = 'pe-u1'": [(3,)],
            "select net_revenue::double from gold.user_activity_daily where user_id = 'pe-u4'": [(0.0,)],
            # What names nobody at all is rejected visibly, and its revenue with it.
            REVENUE.format("2026-03-01"): [(1, 1, "10.000000")],
            "select key, reasons from quarantine.product_events_events order by 1": [
                ("pe-n13", ["no_actor"]),
                ("pe-n6", ["no_actor"]),
                ("pe-n7", ["no_actor"]),
            ],
        },
    ),
    "02-zone-abbreviations": (
        "product_events",
        "2026-08-01",
        {
            "select event_id, occurred_at::varchar from silver.events order by 1": [
                ("pe-z5", "2026-07-01 09:00:00+00"),
                ("pe-z6", "2026-07-01 09:00:00+00"),
                ("pe-z7", "2026-07-01 10:00:00.123456+00"),
            ],
            "select reasons from quarantine.product_events_events where key = 'pe-z1'": [(["bad_occurred_at"],)],
        },
    ),
    "03-blanks-other-than-spaces": (
        "product_events",
        "2026-08-01",
        {
            DAU.format("2026-03-03"): [(2,)],
            "select user_id from silver.users order by 1": [("pe-u31",), ("pe-u32",)],
            "select user_id, events from silver.sessions order by 1": [("pe-u31", 3), ("pe-u32", 1)],
            REVENUE.format("2026-03-03"): [(2, 2, "25.000000")],
            "select step_name, entrants, converted from gold.funnel_daily where funnel = 'purchase' and breakdown = 'all'"
            " and entry_date = '2026-03-03' order by step_number": [("viewed", 1, 1), ("in_cart", 1, 1), ("bought", 1, 1)],
            "select distinct country from silver.events": [("US",)],
        },
    ),
    "04-server-side-events-without-country": (
        "product_events",
        "2026-08-01",
        {
            "select country, count(*) from silver.events group by 1 order by 1": [("DE", 3), ("FR", 3)],
            "select country from silver.events where event_id = 'pe-s3'": [("DE",)],
            "select country, net_revenue::varchar from gold.device_metrics where activity_date = '2026-03-04' order by 1": [
                ("DE", "40.000000"),
                ("FR", "60.000000"),
            ],
            "select user_id, country from silver.users order by 1": [("pe-u41", "DE"), ("pe-u42", "FR")],
        },
    ),
    "05-blank-first-line": (
        "product_events",
        "2026-08-01",
        {
            "select count(*) from bronze.product_events_events": [(4,)],
            DAU.format("2026-03-05"): [(2,)],
            REVENUE.format("2026-03-05"): [(1, 1, "15.000000")],
        },
    ),
    "07-ids-that-went-through-a-float": (
        "product_events",
        "2026-08-01",
        {
            DAU.format("2026-03-07"): [(2,)],
            "select user_id from silver.users order by 1": [("pe-1001",), ("pe-12345678",)],
            "select user_id, events, net_revenue::double from gold.user_activity_daily order by 1": [
                ("pe-1001", 4, 30.0),
                ("pe-12345678", 3, 0.0),
            ],
        },
    ),
    "08-funnel-over-json-cut-short": (
        "product_events",
        "2026-04-01",
        {
            "select entry_date::varchar, step_name, entrants, converted from gold.funnel_daily where funnel = 'pro_views'"
            " and breakdown = 'all' and entry_date = '2026-03-07' order by step_number": [
                ("2026-03-07", "viewed", 1, 1),
                ("2026-03-07", "bought", 1, 1),
            ],
        },
    ),
    "10-several-versions-in-one-delivery": (
        "thelook",
        "2026-04-01",
        {
            OF_ORDERS: [
                *((str(n), "Complete" if n % 2 else "Cancelled") for n in range(101, 109)),
                ("201", "Cancelled"),
            ],
            "select count(*), count_if(status = 'Cancelled') from silver.order_items": [(9, 5)],
            "select status from silver.order_items where order_item_id = '2001'": [("Cancelled",)],
            REVENUE.format("2026-03-02"): [(4, 1, "40.000000")],
            REVENUE.format("2026-03-03"): [(0, 0, "0.000000")],
            "select country from silver.events where user_id is not null order by 1": [("Brasil",), ("Brasil",), ("Japan",)],
            "select user_id, events from gold.customer_metrics order by 1": [("1", 2), ("2", 1)],
        },
    ),
    "11-times-that-are-zero": (
        "product_events",
        "2026-04-01",
        {
            DAU.format("2026-03-10"): [(2,)],
            DAU.format("2026-03-11"): [(1,)],
            REVENUE.format("2026-03-10"): [(1, 1, "5.000000")],
            "select period_start::varchar, new_users from gold.lifecycle where interval = 'day' and new_users > 0 order by 1": [
                ("2026-03-10", 2),
                ("2026-03-11", 1),
            ],
            "select key, reasons from quarantine.product_events_events where entity = 'events' order by 1": [
                ("pe-t4", ["past"]),
                ("pe-t5", ["past"]),
            ],
        },
    ),
    "13-parquet-from-pandas": (
        "product_events",
        "2026-08-01",
        {
            "select count(*) from silver.events where user_id = 'pe-u131' and event_date = '2026-03-13'": [(2,)],
            REVENUE.format("2026-03-13"): [(1, 1, "13.000000")],
        },
    ),
    "14-large-money": (
        "product_events",
        "2026-08-01",
        {
            "select orders, buyers, gross_revenue::double, aov::double from gold.revenue_daily where order_date = '2026-03-14'": [
                (25, 5, 1.5e12, 6e10)
            ],
            "select net_revenue::double from gold.customer_metrics where user_id = 'pe-u140'": [(3e11,)],
        },
    ),
    "15-line-with-no-units": (
        "shop",
        "2026-04-01",
        {
            "select orders, buyers, units_sold::double, gross_revenue::double from gold.revenue_daily where order_date = '2026-03-15'": [
                (2, 2, 3.0, 30.0)
            ],
            "select product_id, units_sold::double, gross_revenue::double from gold.product_performance"
            " where product_id in ('sh-A', 'sh-B') order by 1": [("sh-A", 3.0, 30.0), ("sh-B", 0.0, 0.0)],
            "select orders, gross_revenue::double from gold.revenue_daily where order_date between '2026-03-16' and '2026-03-18'"
            " order by order_date": [(2, 80.0), (1, 5.0)],
            "select event_id from silver.orders where order_id = 'sh-tT1'": [("sh-p2",)],
            "select sum(purchases)::int from gold.traffic_source_daily where activity_date = '2026-03-16'": [(3,)],
        },
    ),
    "19-three-steps-in-one-second": (
        "product_events",
        "2026-08-01",
        {
            "select step_name, converted from gold.funnel_daily where funnel = 'purchase' and breakdown = 'all'"
            " and entry_date = '2026-03-19' order by step_number": [("viewed", 1), ("in_cart", 1), ("bought", 1)],
        },
    ),
    "23-own-sql-and-one-bad-value": (
        "shop",
        "2026-04-01",
        {
            "select orders, gross_revenue::double from gold.revenue_daily order by order_date": [(2, 30.0), (2, 80.0)],
            "select distinct reasons from quarantine.shop_hits where key = 'sh-p6'": [(["missing_occurred_at"],)],
        },
    ),
    "26-quotes-behind-a-backslash": (
        "product_events",
        "2026-04-01",
        {
            # Without a declared escape such rows are rejected visibly.
            "select count_if(contains(properties, chr(92))) from silver.events": [(0,)],
            "select distinct reasons from quarantine.product_events_events": [(["malformed_row"],)],
        },
    ),
    "21-two-currencies-in-one-file": (
        "product_events",
        "2026-08-01",
        {
            REVENUE.format("2026-03-21"): [(1, 1, "100.000000")],
            "select entity, reasons from quarantine.product_events_events order by 1": [
                ("events", ["no_rate"]),
                ("order_items", ["no_rate"]),
            ],
        },
    ),
}


@pytest.mark.only_spark
def test_a_declaration_with_functions_of_sparks_own_fixes_what_was_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES / "25-online-retail-as-it-is-passed-around"
    if not case.is_dir():
        pytest.skip(f"no {case}: the odd inputs are not beside the checkout")
    job, asked = Job(tmp_path), ("--data", str(case / "data"), "--source", "online_retail", "--as-of", "2011-01-31")
    with monkeypatch.context() as natively:
        # Spark takes minutes for what is rejected alike.
        natively.setenv("LAKEHOUSE_ENGINE", "native")
        first = job.run(*asked)
    assert first.status == 0, first.err[-2000:]
    rejected = (
        "select distinct reasons[1], count(*) from quarantine.online_retail_invoice_lines where entity = 'order_items' group by 1"
    )
    assert answers(job.root, [rejected]) == {rejected: [("bad_sold_at", 4), ("bad_encoding", 1)]}

    shutil.copytree(case / "conf" / "sources", job.folder / "conf" / "sources")
    second = job.run(*asked)
    assert second.status == 0, second.err[-2000:]
    right: dict[str, Any] = {
        "select order_date::varchar, orders, gross_revenue::double, net_revenue::double from gold.revenue_daily"
        " where orders > 0 or net_revenue <> 0 order by 1": [
            ("2010-12-01", 1, 21.3, 21.3),
            ("2010-12-13", 1, 2.55, 2.55),
            ("2010-12-14", 0, 0.0, -2.55),
            ("2011-01-05", 1, 4.0, 4.0),
        ],
        "select user_id from silver.users order by 1": [("13047",), ("17850",)],
        "select count(*), count_if(name = 'BOX FOR ONE £') from silver.products": [(3, 1)],
        "select count(*) from silver.order_items": [(5,)],
        "select count(*) from quarantine.online_retail_invoice_lines": [(0,)],
    }
    assert answers(job.root, list(right)) == right


class Heard:
    """What a run says."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """A remark."""
        self.lines.append(line)

    def table(self, outcome: Outcome) -> None:
        """What became of a table, with its remarks."""
        self.lines += outcome.notes


def answers(root: Path, queries: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each query over the published tables."""
    tables = Published(str(root))
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for layer in ("bronze", "silver", "gold", "quarantine"):
            connection.execute(f"create schema {layer}")
            for path in (root / layer).glob("*"):
                connection.register(f"{layer}_{path.name}", tables.arrow(f"{layer}.{path.name}"))
                connection.execute(f"create view {layer}.{path.name} as select * from {layer}_{path.name}")
        return {query: connection.execute(query).fetchall() for query in queries}


@pytest.mark.only_native
@pytest.mark.parametrize("case", RIGHT)
def test_figures_are_right(case: str, engine: str, tmp_path: Path) -> None:
    folder, (source, as_of, right) = CASES / case, RIGHT[case]
    if not folder.is_dir():
        pytest.skip(f"no {folder}: the odd inputs are not beside the checkout")
    own = {"CONF": str(folder / "conf")} if (folder / "conf").is_dir() else {}
    known = {"LAKEHOUSE_ROOT": str(tmp_path / "lake"), "LAKEHOUSE_ENGINE": engine, "REPORT": str(tmp_path / "report.html"), **own}
    moment = datetime.fromisoformat(as_of).replace(tzinfo=UTC)

    refresh(Asked(str(folder / "data"), source, moment), small(load_settings(known)), Heard())

    assert answers(tmp_path / "lake", list(right)) == right


def unlike_when_read(root: Path) -> list[str]:
    """The tables of silver and gold that delta-rs, Arrow, DuckDB and pandas do not read with the same number of rows."""
    found = []
    for path in [*(root / "silver").glob("*"), *(root / "gold").glob("*")]:
        table = DeltaTable(str(path))
        rows = table.to_pyarrow_table()
        counts = {rows.num_rows, len(table.to_pandas()), len(rows.to_pandas()), len(duckdb.from_arrow(rows).fetchall())}
        found += [path.name] if len(counts) > 1 else []
    return found


EVENTS = """event_id,user_id,anonymous_id,event_type,timestamp,device,country,amount,currency,properties
"""
FAULTS = {
    "1": 'a1,u1,v1,view,2026-03-02 10:00:00,web,DE,,,"{""plan"":""pro""}"',
    "2": "a2,\u00a0u1\t,v1,purchase,2026-03-02 10:05:00,,,20.00,USD,",
    "3": "a3,1001.0,,view,2026-03-02 11:00,app,,,,",
    "4": "a4,undefined,v1,view,2026-03-02 09:00:00,,,,,",
    "5": "b1,undefined,0,view,2026-03-02 09:00:00,,,,,",
    "6": "b2,u2,,view,0001-01-01T00:00:00Z,,,,,",
    "7": "b3,u2,,view,2099-01-01,,,,,",
    "8": "b4,u2,,view,2026-03-02 10:00:00 BST,,,,,",
    "9": "b5,u2,,purchase,2026-03-02 10:00:00,,,26400,JPY,",
    "10": "b6,u2,,purchase,2026-03-02 10:00:00,,,five,,",
    "11": "b7,u2,,purchase,2026-03-02 10:00:00,,,-5,,",
    "12": "b8,u2,,purchase,2026-03-02 10:00:00,,,9999999999999.99,,",
    "13": "b9,u2,view",
    "14": ",u2,,view,2026-03-02 10:00:00,,,,,",
}


@pytest.mark.only_native
def test_a_folder_with_every_kind_of_fault_is_taken_and_one_screen_says_what_was_left_out(engine: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "deep" / "er").mkdir(parents=True)
    (data / "PRODUCT_EVENTS.txt").write_text("no form that is read")
    (data / "product_events_1.CSV").write_text("\n , ,\n" + EVENTS + "\n".join(FAULTS.values()) + "\n")
    (data / "product_events_2.csv").write_bytes(b"event_id,user_id,event_type,timestamp\nz1,Zo\xeb,view,2026-03-02 10:00:00\n")
    (data / "product_events_3.csv").write_text("")
    (data / "product_events_9.jsonl").write_text(
        '{"event_id":"c1","user_id":1001,"event_type":"view","timestamp":"2026-03-02 10:00:00"}\nno JSON\n'
    )
    (data / "product_events_10.jsonl").write_text(
        '{"event_id":"c1","user_id":1001.0,"event_type":"click","timestamp":"2026-03-02 10:00:00"}\n'
    )
    (data / "deep" / "er" / "product_events_4.csv").write_text(EVENTS)
    (data / "budget.xlsx").write_bytes(b"PK")
    known = {"LAKEHOUSE_ROOT": str(tmp_path / "lake"), "LAKEHOUSE_ENGINE": engine, "REPORT": str(tmp_path / "report.html")}
    heard = Heard()

    refresh(Asked(str(data), "product_events", datetime(2026, 3, 3, tzinfo=UTC)), small(load_settings(known)), heard)

    right: dict[str, Any] = {
        DAU.format("2026-03-02"): [(2,)],
        REVENUE.format("2026-03-02"): [(1, 1, "20.000000")],
        "select event_id, user_id, country from silver.events order by 1": [
            ("pe-a1", "pe-u1", "DE"),
            ("pe-a2", "pe-u1", "DE"),
            ("pe-a3", "pe-1001", None),
            ("pe-a4", "pe-u1", "DE"),
            ("pe-c1", "pe-1001", None),
        ],
        "select event_type from silver.events where event_id = 'pe-c1'": [("click",)],
        "select distinct unnest(reasons) from quarantine.product_events_events where entity = 'events' order by 1": [
            ("bad_amount",),
            ("bad_encoding",),
            ("bad_occurred_at",),
            ("future",),
            ("malformed_row",),
            ("missing_event_id",),
            ("negative_amount",),
            ("no_actor",),
            ("no_rate",),
            ("past",),
        ],
    }
    assert answers(tmp_path / "lake", list(right)) == right
    assert unlike_when_read(tmp_path / "lake") == []
    assert len(heard.lines) < 25
    each = "select entity, unnest(reasons) as reason from quarantine.product_events_events"
    counted = f"select entity, reason, count(*) from ({each}) group by all"
    said = {line.partition(": ")[0].split()[-1]: line.partition(": ")[2] for line in heard.lines if "quarantined as" in line}
    told = {(entity, why): int(n) for entity, whys in said.items() for n, why in map(str.split, whys.split(", "))}
    assert told == {(entity, why): n for entity, why, n in answers(tmp_path / "lake", [counted])[counted]}
    assert [
        name
        for name in ("budget.xlsx", "PRODUCT_EVENTS.txt", "product_events_3.csv", "product_events_4.csv")
        if name not in "\n".join(heard.lines)
    ] == []
