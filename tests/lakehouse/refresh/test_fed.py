import pytest

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.source import load_sources
from lakehouse.refresh.fed import Fed, reads_of, unstitched_sources
from libs.settings.project import PROJECT_ROOT
from libs.tables import Merge

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
