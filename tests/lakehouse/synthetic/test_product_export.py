"""The truth of product events, found again in the files by the definitions in plain Python."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.product_export import generate_product_events
from tests.lakehouse.identity import identified_slowly

PARAMETERS = Parameters(users=300, users_per_chunk=150, late=200, duplicates=50, malformed=24)
Row = Mapping[str, str]


@dataclass(frozen=True)
class Export:
    folder: Path
    truth: dict[str, Any]
    rows: list[Row]

    @property
    def clean(self) -> list[Row]:
        """Without copies and malformed rows, which have ids from 1,000,000,000 on or none."""
        return list({row["event_id"]: row for row in self.rows if 0 < len(row["event_id"]) < 10}.values())

    @property
    def events(self) -> list[dict[str, Any]]:
        """The clean rows, typed."""
        known = ({n: v or None for n, v in row.items()} for row in self.clean)
        return [{**row, "occurred_at": datetime.fromisoformat(str(row["timestamp"]).replace("Z", "+00:00"))} for row in known]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    folder = tmp_path_factory.mktemp("product") / "export"
    truth = generate_product_events(PARAMETERS, folder)
    files = [pd.read_csv(f, dtype=str, keep_default_na=False) for f in sorted(folder.glob("product_events-*.csv"))]
    return Export(folder, truth, pd.concat(files).to_dict("records"))  # type: ignore[arg-type]


def test_rows_written_are_valid_ones_copies_and_malformed_ones(export: Export) -> None:
    table = export.truth["tables"]["product_events"]
    assert table["rows_written"] == len(export.rows)
    assert table["valid_unique_rows"] == len(export.clean)
    assert (table["exact_duplicates"], export.truth["late_events"]) == (50, 200)
    assert sum(table["malformed"].values()) == 24 and len(table["malformed"]) == 6


def test_sessions_and_users_are_those_of_the_definition(export: Export) -> None:
    found = identified_slowly.stitched(export.events)
    first = {event["event_id"]: event for event in export.events}
    sessions = {(user, session) for user, session in found.values()}
    began = Counter(first[session]["occurred_at"].date().isoformat() for _, session in sessions)
    active = {(user, first[event]["occurred_at"].date().isoformat()) for event, (user, _) in found.items() if user}
    dau = Counter(day for _, day in active)

    assert {day["date"]: day["sessions"] for day in export.truth["daily"] if day["sessions"]} == began
    assert {day["date"]: day["dau"] for day in export.truth["daily"] if day["dau"]} == dau
    totals = export.truth["totals"]
    assert totals["identified_sessions"] == sum(user is not None for user, _ in sessions)
    assert totals["identified_events"] == sum(user is not None for user, _ in found.values())
    assert totals["stitched_events"] == sum(user is not None and not first[e]["user_id"] for e, (user, _) in found.items()) > 500


def test_each_anonymous_id_has_the_planted_user(export: Export) -> None:
    parts = [pd.read_parquet(part) for part in sorted((export.folder / "truth").glob("identities-*.parquet"))]
    planted = {row["anonymous_id"]: row["user_id"] for part in parts for row in part.to_dict("records")}
    users: dict[str, set[str]] = {name: set() for name in planted}
    for event in export.events:
        if event["anonymous_id"] and event["user_id"]:
            users[event["anonymous_id"]].add(event["user_id"])
    totals = export.truth["totals"]

    assert {name: next(iter(found)) if len(found) == 1 else None for name, found in users.items()} == planted
    assert sum(len(found) == 1 for found in users.values()) == totals["stitched_anonymous_ids"]
    assert sum(len(found) == 2 for found in users.values()) == totals["ambiguous_anonymous_ids"] == 6
    assert sum(not found for found in users.values()) == totals["unstitched_anonymous_ids"]
    assert any(not event["anonymous_id"] for event in export.events)


def test_revenue_is_the_amount_of_purchases(export: Export) -> None:
    amounts = [float(event["amount"]) for event in export.events if event["event_type"] == "purchase"]
    assert export.truth["totals"]["revenue"] == pytest.approx(sum(amounts))
    assert export.truth["totals"]["purchases"] == len(amounts) > 0
    assert all(event["amount"] is None for event in export.events if event["event_type"] != "purchase")


@pytest.mark.parametrize("file_format", ["csv.gz", "parquet", "jsonl", "jsonl.gz"])
def test_every_form_holds_the_same_rows(export: Export, tmp_path: Path, file_format: str) -> None:
    assert (
        generate_product_events(replace(PARAMETERS, file_format=file_format), tmp_path / "it")["daily"] == export.truth["daily"]
    )
    files = [_read(f) for f in sorted((tmp_path / "it").glob(f"product_events-*.{file_format}"))]
    assert [_values(row) for row in pd.concat(files).to_dict("records")] == [_values(row) for row in export.rows]  # type: ignore[arg-type]


def _read(file: Path) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    return pd.read_csv(file) if ".csv" in file.name else pd.read_json(file, lines=True, dtype=False, convert_dates=False)


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    """Without what is empty, numbers in one form."""
    there = {name: value for name, value in row.items() if value not in ("", None) and not pd.isna(value)}
    return {n: f"{float(v):.2f}" if n in ("event_id", "user_id", "amount", "product_id") else v for n, v in there.items()}


def test_the_same_parameters_give_the_same_bytes_and_arrivals_are_split_by_day(tmp_path: Path) -> None:
    split = replace(PARAMETERS, users=40, split_from=date(2025, 6, 1))
    for name in ("one", "other"):
        generate_product_events(split, tmp_path / name)
    one, other = (
        [(p.relative_to(tmp_path / n), p.read_bytes()) for p in sorted((tmp_path / n).rglob("*.csv"))] for n in ("one", "other")
    )
    assert one == other
    days = {path.parts[1] for path, _ in one if path.parts[0] == "arrivals"}
    assert {path.parts[0] for path, _ in one} == {"base", "arrivals"} and min(days) >= "2025-06-01" and len(days) > 5
