from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract import revisions
from lakehouse.contract.loading import load_sources
from lakehouse.contract.source import Source
from lakehouse.identity import stitching
from lakehouse.refresh import fed as fed_module
from lakehouse.refresh.fed import Fed, feeds_code, reads_of, unstitched_sources
from libs.settings.project import PROJECT_ROOT
from libs.tables import DATE, DOUBLE, TIMESTAMP, Merge

SOURCES = load_sources(sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml")))


def feeds(entity: str, *sources: str) -> list[Fed]:
    tables = ((SOURCES[source], name, table) for source in sources for name, table in SOURCES[source].tables.items())
    return [Fed(source, name, entity, table.feeds[entity]) for source, name, table in tables if entity in table.feeds]


@pytest.mark.parametrize(
    ("entity", "sources", "reads"),
    [
        ("order_items", ["thelook"], ["silver.products", "silver.users"]),
        ("order_items", ["thelook", "product_events"], ["silver.products", "silver.events", "silver.users"]),
        ("events", ["thelook"], ["silver.users"]),
        ("events", ["product_events"], []),
        ("users", ["product_events"], []),
    ],
)
def test_a_table_reads_another_only_for_what_a_feed_does_not_tell(entity: str, sources: list[str], reads: list[str]) -> None:
    assert reads_of(catalogue()[f"silver.{entity}"], feeds(entity, *sources)) == reads


def test_only_a_source_that_gives_no_sessions_is_stitched() -> None:
    rule = catalogue()["silver.events"].table.refresh
    assert isinstance(rule, Merge)
    assert unstitched_sources(rule, feeds("events", "thelook", "product_events")) == ["product_events"]


SILVER = {name: entry for name, entry in catalogue().items() if isinstance(entry.table.refresh, Merge)}
Change = Callable[[dict[str, Any]], None]


def codes(sources: Mapping[str, Source] = SOURCES, key: str = "key") -> dict[str, str]:
    """What each silver table is made by, when all sources feed it."""
    found = {}
    for name, entry in SILVER.items():
        tables = [(source, n, t) for source in sources.values() for n, t in source.tables.items()]
        fed = [Fed(source, n, short, t.feeds[short]) for source, n, t in tables if (short := entry.table.short_name) in t.feeds]
        found[name] = feeds_code(entry, fed, key)
    return found


def changed_by(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name.removeprefix("silver.") for name in before if before[name] != after[name]}


def with_thelook(change: Change) -> dict[str, Source]:
    declared = yaml.safe_load((PROJECT_ROOT / "conf" / "sources" / "thelook.yaml").read_text())
    change(declared)
    return {**SOURCES, "thelook": Source.model_validate(declared)}


@pytest.mark.parametrize(
    ("change", "recomputed"),
    [
        (lambda thelook: thelook.update(description="reworded", currency="EUR"), set()),
        (lambda thelook: thelook["tables"]["events"].update(files=["other*.csv"], optional=True), set()),
        (lambda thelook: thelook["tables"]["users"]["feeds"]["users"]["rules"].update(adult="age >= 18"), {"users"}),
        (lambda thelook: thelook["tables"]["orders"]["feeds"]["orders"]["allowed"].update(status=("Complete",)), {"orders"}),
        (lambda thelook: thelook["tables"]["events"]["feeds"]["events"]["columns"].update(device={"value": "x"}), {"events"}),
        (lambda thelook: thelook.update(id_prefix="tl-"), {e.table.short_name for e in SILVER.values()}),
        (
            lambda thelook: thelook.update(future_tolerance="8d"),
            {e.table.short_name for e in SILVER.values() if e.table.event_time},
        ),
    ],
)
def test_a_changed_feed_recomputes_its_own_table_and_no_other(change: Change, recomputed: set[str]) -> None:
    assert changed_by(codes(), codes(with_thelook(change))) == recomputed


@pytest.mark.parametrize(
    ("part", "recomputed"),
    [
        (TIMESTAMP, {"events", "users", "orders", "order_items", "inventory_items"}),
        (DOUBLE, {"distribution_centers"}),
        (DATE, set()),
    ],
)
def test_a_corrected_parser_recomputes_the_tables_that_it_reads_for(
    part: str, recomputed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = codes()
    monkeypatch.setattr(revisions, "PARSING", {**revisions.PARSING, part: revisions.PARSING[part] + 1})
    assert changed_by(before, codes()) == recomputed


def test_a_corrected_stitching_recomputes_what_is_stitched(monkeypatch: pytest.MonkeyPatch) -> None:
    before = codes()
    monkeypatch.setattr(fed_module, "STITCHING", stitching.STITCHING + 1)
    assert changed_by(before, codes()) == {"events"}


def test_another_key_recomputes_what_is_hashed_with_it() -> None:
    assert changed_by(codes(), codes(key="other")) == {"users"}
