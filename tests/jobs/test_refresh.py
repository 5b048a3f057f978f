"""The main job as a whole: against what the generator planted, killed and repeated, twice at once, and with bad input."""

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from libs.settings.project import PROJECT_ROOT
from tests.jobs.whole_runs import Facts, Job, assert_same, ended

# A shell with mounts of its own.
UNSHARED = ("unshare", "--map-root-user", "--mount", "sh", "-c")
CAN_MOUNT = (
    shutil.which("unshare") is not None
    and subprocess.run([*UNSHARED, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode == 0
)
KILLS = int(os.environ.get("LAKEHOUSE_KILLS", "1"))
LAST_DAY = ("--as-of", "2025-12-31")
REASONS = {
    ("events", "unparsable_timestamp"): "bad_occurred_at",
    ("events", "missing_key"): "missing_event_id",
    ("events", "future"): "future",
    ("orders", "unparsable_timestamp"): "bad_created_at",
    ("orders", "missing_key"): "missing_order_id",
    ("orders", "unknown_status"): "unknown_status",
    ("orders", "unknown_user"): "unknown_user_id",
    ("order_items", "negative_sale_price"): "negative_price",
    ("order_items", "non_numeric_price"): "bad_sale_price",
    ("order_items", "unknown_status"): "unknown_status",
    ("order_items", "missing_key"): "missing_order_item_id",
    ("users", "unparsable_timestamp"): "bad_created_at",
    ("users", "missing_key"): "missing_user_id",
}
PLANTED = Parameters(users=150, late=40, duplicates=60, malformed=39)


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing disturbed: of what data, what was planted there, what it said, what it made, and how long it took."""

    job: Job
    data: Path
    truth: dict[str, Any]
    said: dict[str, Any]
    facts: Facts
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    truth = generate(PLANTED, folder / "data")
    job, began = Job(folder / "run"), time.monotonic()
    run = job.run("--data", str(folder / "data"), *LAST_DAY, "--json")
    assert run.status == 0, run.err[-2000:]
    seconds = time.monotonic() - began
    return Undisturbed(job, folder / "data", truth, json.loads(run.out), job.facts(), seconds)


def test_a_run_tells_its_results_and_writes_a_report(undisturbed: Undisturbed, engine: str) -> None:
    assert undisturbed.said["as_of"] == "2026-01-01 00:00:00+00:00"
    assert "<title>" in Path(undisturbed.said["report"]).read_text()
    # Metric views are in Spark's catalogue; the native engine leaves them to the next run on Spark.
    wanted = {"metrics.revenue", "metrics.activity"} if engine == "spark" else set()
    assert wanted <= set(undisturbed.said["views"])
    assert "gold.customer_metrics" in {told["table"] for told in undisturbed.said["tables"]}


def test_results_hold_the_remarks_that_are_printed(undisturbed: Undisturbed, tmp_path: Path) -> None:
    (tmp_path / "orders-of-may.xlsx").write_bytes(b"PK")
    (tmp_path / "orders-of-june.csv").write_text("")
    shutil.copy(undisturbed.data / "orders-00000.csv", tmp_path / "orders-of-july.csv")
    run = undisturbed.job.run("--data", str(tmp_path), "--source", "thelook", *LAST_DAY, "--json")
    assert run.status == 0, run.err[-2000:]
    said = json.loads(run.out)
    notes = [note for table in said["tables"] for note in table["notes"]]
    assert [line.partition(":")[0] for line in said["remarks"] if "not read" in line] == ["orders-of-may.xlsx"]
    assert {note.partition(":")[0] for note in notes} >= {"orders-of-june.csv", "orders-of-july.csv"}
    assert all(line in run.err for line in [*said["remarks"], *notes])


def test_every_planted_row_is_accounted_for(undisturbed: Undisturbed) -> None:
    told = {t["table"]: t for t in undisturbed.said["tables"]}
    for name, planted in undisturbed.truth["tables"].items():
        malformed = sum(planted["malformed"].values())
        silver = told[f"silver.{name}"]
        assert told[f"bronze.thelook_{name}"]["rows_in"] == silver["rows_in"] == planted["rows_written"]
        assert len(undisturbed.job.table(f"silver.{name}")) == planted["valid_unique_rows"], name
        assert len(undisturbed.job.table(f"quarantine.thelook_{name}")) == silver["quarantined"] == malformed, name
        assert silver["rows_seen_before"] == planted["exact_duplicates"], name


def test_quarantine_names_the_planted_reasons(undisturbed: Undisturbed) -> None:
    for name, planted in undisturbed.truth["tables"].items():
        found = undisturbed.job.table(f"quarantine.thelook_{name}")["reasons"].map(list)
        for kind, rows in planted["malformed"].items():
            assert sum(REASONS[name, kind] in codes for codes in found) >= rows, f"{name} {kind}: {list(found)}"


def test_gold_finds_the_planted_days(undisturbed: Undisturbed) -> None:
    planted = pd.DataFrame(undisturbed.truth["daily"])
    planted["date"] = pd.to_datetime(planted["date"]).dt.date
    planted = planted.set_index("date")
    active = undisturbed.job.table("gold.active_users_daily").set_index("activity_date")
    revenue = undisturbed.job.table("gold.revenue_daily").set_index("order_date")
    sessions = undisturbed.job.table("silver.sessions")["started_at"].dt.date.value_counts()

    assert (active["dau"] == planted["dau"].reindex(active.index)).all()
    assert active["dau"].sum() == planted["dau"].sum() > 0
    for column in ("gross_revenue", "net_revenue", "profit"):
        difference = revenue[column].astype(float) - planted[column].reindex(revenue.index)
        assert difference.abs().max() < 0.0005, column
        assert float(revenue[column].sum()) == pytest.approx(planted[column].sum(), abs=0.0005), column
    assert (sessions == planted["sessions"].reindex(sessions.index)).all()
    assert sessions.sum() == planted["sessions"].sum()


def test_of_two_runs_at_once_one_waits_and_files_that_come_again_change_no_fact(undisturbed: Undisturbed, tmp_path: Path) -> None:
    for name in ("users", "orders"):
        delivered = (undisturbed.data / f"{name}-00000.csv").read_bytes()
        # The same contents would not be taken again.
        (tmp_path / f"{name}-again.csv").write_bytes(delivered + b"\r\n")
    runs = [undisturbed.job.start("--data", str(tmp_path), "--source", "thelook", *LAST_DAY, "--json") for _ in range(2)]

    both = [ended(run) for run in runs]

    assert [run.status for run in both] == [0, 0], both[0].err + both[1].err
    assert sum("is in use by refresh (process " in run.err for run in both) == 1, both
    told = [{t["table"]: t for t in json.loads(run.out)["tables"]} for run in both]
    for name in ("users", "orders"):
        first, second = sorted((tables[f"silver.{name}"] for tables in told), key=lambda t: -t["rows_in"])
        assert first["rows_in"] == undisturbed.truth["tables"][name]["rows_written"]
        assert first["rows_in"] == first["rows_seen_before"] + first["quarantined"]
        assert second["rows_in"] == 0
    assert_same(_of_facts(undisturbed.job.facts()), _of_facts(undisturbed.facts))


def _of_facts(facts: Facts) -> Facts:
    """Without quarantine, which shows each arrival, and without the names of the files that rows came in."""
    kept = {name: rows for name, rows in facts.items() if not name.startswith("quarantine.")}
    return {name: rows.drop(columns="_source_file", errors="ignore") for name, rows in kept.items()}


def test_fixed_rows_are_replayed_and_leave_quarantine(undisturbed: Undisturbed, tmp_path: Path) -> None:
    file, orders = tmp_path / "rejected.jsonl", undisturbed.job.table("silver.orders")
    exported = undisturbed.job.run("--export", str(file), job="replay")
    assert exported.status == 0, exported.err[-2000:]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    fixed = [line for line in lines if line["reasons"] == ["unknown_status"] and line["table"] == "quarantine.thelook_orders"]
    assert fixed
    for line in fixed:
        line["row"]["status"] = "Complete"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    run = undisturbed.job.run(str(file), *LAST_DAY, job="replay")

    assert run.status == 0, run.err[-2000:]
    assert f"quarantine.thelook_orders: {len(fixed)} of " in run.out
    ids = {line["row"]["order_id"] for line in fixed}
    now = undisturbed.job.table("silver.orders")
    assert len(now) == len(orders) + len(ids)
    assert set(now[now["order_id"].isin(ids)]["status"]) == {"Complete"}
    left = undisturbed.job.table("quarantine.thelook_orders")["reasons"].map(list)
    assert len(left) > 0 and ["unknown_status"] not in list(left)


def test_killed_at_random_moments_and_run_again_the_tables_are_those_of_an_undisturbed_run(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    job, asked = Job(tmp_path), ("--data", str(undisturbed.data), *LAST_DAY)
    moments = [random.uniform(0.1, 0.95) * undisturbed.seconds for _ in range(KILLS)]
    for moment in moments:
        _kill_after(moment, job.start(*asked))

    run = job.run(*asked)

    assert run.status == 0, f"killed after {moments} seconds: {run.err[-2000:]}"
    assert_same(job.facts(), undisturbed.facts)


@pytest.mark.skipif(not CAN_MOUNT, reason="needs a small file system of its own, which this system does not let be mounted")
def test_a_full_disk_is_told_in_one_line_and_the_next_run_goes_on(undisturbed: Undisturbed, tmp_path: Path) -> None:
    job, kept = Job(tmp_path), Job(tmp_path / "kept")
    run = shlex.join([sys.executable, "-m", "jobs.refresh", "--data", str(undisturbed.data), *LAST_DAY])
    steps = [
        f"mkdir {job.root}; mount -t tmpfs -o size=3m none {job.root}",
        f"{run} 2>{tmp_path}/told && exit 9",
        f"mount -o remount,size=1g {job.root}",
        f"{run} || exit 8",
        f"cp -a {job.root} {kept.root}",
    ]

    ran = subprocess.run(
        [*UNSHARED, "\n".join(steps)], cwd=PROJECT_ROOT, env=dict(job.environment), capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    told = (tmp_path / "told").read_text()
    assert "refresh: the disk is full: make room where the tables are, then run again" in told
    assert "Traceback" not in told
    assert_same(kept.facts(), undisturbed.facts)


def _kill_after(seconds: float, process: subprocess.Popen[str]) -> None:
    """Kill the whole group, Java too, unless it ends by itself before."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
