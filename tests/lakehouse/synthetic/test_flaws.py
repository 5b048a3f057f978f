from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.flaws import MALFORMATIONS, Chunk
from lakehouse.synthetic.parameters import Parameters
from tests.lakehouse.synthetic.reading import Export, moments, read_text

FLAWLESS = Parameters(users=300, users_per_chunk=150, late=0, duplicates=0, malformed=0)


def test_flaws_come_in_the_numbers_asked_for(export: Export) -> None:
    tables = export.truth["tables"].values()

    assert export.truth["late_events"] == 300
    assert sum(table["exact_duplicates"] for table in tables) == 200
    assert sum(sum(table["malformed"].values()) for table in tables) == 130


def test_every_kind_of_malformed_row_is_planted_equally_often(export: Export) -> None:
    planted = {
        (table, reason): rows for table, counts in export.truth["tables"].items() for reason, rows in counts["malformed"].items()
    }

    assert planted == {(kind.table, kind.reason): 10 for kind in MALFORMATIONS}


@pytest.mark.parametrize("table", ["users", "events", "orders", "order_items", "inventory_items"])
def test_copies_are_exact(export: Export, table: str) -> None:
    rows = export.table(table)

    # Malformed rows without a key differ by their other fields.
    assert rows.duplicated().sum() == export.truth["tables"][table]["exact_duplicates"] > 0


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("events", "id", ""),
        ("events", "created_at", "2025-13-45 99:61:00"),
        ("events", "created_at", "2099-06-01 12:00:00"),
        ("orders", "status", "Teleported"),
        ("orders", "user_id", "2000000000"),
        ("order_items", "sale_price", "-19.99"),
        ("order_items", "sale_price", "twelve"),
        ("users", "created_at", "yesterday"),
    ],
)
def test_a_malformed_row_has_the_spoiled_value(export: Export, table: str, column: str, value: str) -> None:
    assert (export.table(table)[column] == value).sum() == 10


def test_a_malformed_row_has_one_spoiled_field(export: Export) -> None:
    items = export.table("order_items")
    malformed = items[~items["id"].str.len().between(1, 9)]

    spoiled = (
        malformed["sale_price"].isin(["-19.99", "twelve"]).astype(int)
        + (malformed["status"] == "Teleported").astype(int)
        + (malformed["id"] == "").astype(int)
    )
    assert spoiled.tolist() == [1] * 40


def test_late_events_are_in_a_separate_file(export: Export) -> None:
    late = pd.concat([read_text(path) for path in export.folder.glob("events-late-*.csv")]).drop_duplicates()
    on_time = pd.concat([read_text(path) for path in export.folder.glob("events-0*.csv")])

    assert len(late) == 300
    assert not set(late["id"]) & set(on_time["id"])


def test_flaws_take_no_clean_row_away(tmp_path: Path) -> None:
    flawless = generate(FLAWLESS, tmp_path / "flawless")
    flawed = generate(replace(FLAWLESS, late=0.1, duplicates=0.1, malformed=0.1), tmp_path / "flawed")

    assert flawed["totals"] == flawless["totals"]
    assert flawed["daily"] == flawless["daily"]
    assert flawed["tables"]["events"]["rows_written"] > flawless["tables"]["events"]["rows_written"]


def test_an_export_may_be_flawless(tmp_path: Path) -> None:
    truth = generate(FLAWLESS, tmp_path / "export")

    assert truth["late_events"] == 0
    assert not list((tmp_path / "export").glob("events-late-*"))
    assert all(table["rows_written"] == table["valid_unique_rows"] for table in truth["tables"].values())


@pytest.mark.parametrize("total", [1, 2, 7, 1_000])
def test_a_number_of_flaws_is_divided_over_the_chunks_without_loss(total: int) -> None:
    parameters = Parameters(users=3_500, users_per_chunk=500)

    portions = [Chunk(number, parameters).portion(total, 10_000) for number in range(parameters.chunks)]

    assert sum(portions) == total
    assert max(portions) - min(portions) <= 1


def test_a_share_of_flaws_is_taken_of_each_chunk() -> None:
    assert Chunk(0, Parameters()).portion(0.01, 12_345) == 123


def test_rows_arrive_in_the_folder_of_their_day_and_late_ones_after_it(tmp_path: Path) -> None:
    split = date(2025, 12, 22)
    truth = generate(Parameters(users=2_000, late=0.1, split_from=split), tmp_path / "export")

    arrivals = sorted((tmp_path / "export" / "arrivals").iterdir())
    assert [folder.name for folder in arrivals] == [str(split + timedelta(days=day)) for day in range(10)]
    behind = set()
    for folder in arrivals:
        clean = read_text(folder / "events-00000.csv").query("id.str.len() > 0 and id.str.len() < 10")
        days_late = (pd.Timestamp(folder.name) - moments(clean["created_at"]).dt.normalize()).dt.days
        assert days_late.between(0, 7).all()
        behind |= set(days_late)
    assert max(behind) > 2
    assert sum(rows["events"] for rows in truth["folders"].values()) == truth["tables"]["events"]["rows_written"]


def test_base_and_arrivals_together_are_the_whole_export(tmp_path: Path) -> None:
    parameters = Parameters(users=500)
    whole = generate(parameters, tmp_path / "whole")
    parts = generate(replace(parameters, split_from=date(2025, 6, 1)), tmp_path / "parts")

    assert parts["totals"] == whole["totals"]
    for table in whole["tables"]:
        files = sorted((tmp_path / "parts").rglob(f"{table}-*.csv"))
        lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        unsplit = sorted((tmp_path / "whole").rglob(f"{table}-*.csv"))
        expected = [line for path in unsplit for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        assert sorted(lines) == sorted(expected)


def test_nothing_of_the_base_belongs_to_a_day_after_the_split(tmp_path: Path) -> None:
    generate(Parameters(users=500, malformed=0, split_from=date(2025, 6, 1)), tmp_path / "export")

    for table in ("users", "events", "orders", "order_items", "inventory_items"):
        base = read_text(tmp_path / "export" / "base" / f"{table}-00000.csv")
        assert moments(base["created_at"]).max() < pd.Timestamp(2025, 6, 1)
