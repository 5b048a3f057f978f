import xml.etree.ElementTree as ElementTree

from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.catalogue.lineage import lineage_svg
from libs.tables import STRING, Column, Full, Merge, Table

SVG = "{http://www.w3.org/2000/svg}"


def entry(name: str, *sources: str, feeds: bool = False) -> Entry:
    refresh = Merge(entity=name.split(".")[1]) if feeds else Full()
    return Entry(Table(name, "", [Column("id", STRING, "id")], ["id"], refresh, sources), None)


def catalogue_of(*entries: Entry) -> Catalogue:
    return {e.table.name: e for e in entries}


CHAIN = catalogue_of(
    entry("silver.events", feeds=True),
    entry("silver.sessions", "silver.events"),
    entry("gold.daily", "silver.events", "silver.sessions"),
    entry("gold.users", "gold.daily"),
    entry("gold.results"),
)


def boxes(svg: str) -> dict[str, float]:
    """The left edge of each box by its label."""
    group = ElementTree.fromstring(svg).find(f"{SVG}g")
    assert group is not None
    return {str(t.text): float(r.get("x", "")) for r, t in zip(group.iter(f"{SVG}rect"), group.iter(f"{SVG}text"), strict=True)}


def test_each_table_is_right_of_those_that_it_depends_on() -> None:
    found = boxes(lineage_svg(CHAIN))
    order = ["bronze: rows as they arrived", "events", "sessions", "daily", "users"]
    assert sorted(found, key=lambda name: found[name]) == order
    assert len(set(found.values())) == len(order)


def test_a_table_without_links_is_left_out() -> None:
    assert "results" not in boxes(lineage_svg(CHAIN))


def test_every_dependency_is_a_line_that_begins_and_ends_at_its_boxes() -> None:
    svg = lineage_svg(CHAIN)
    found = boxes(svg)
    paths = [str(p.get("d")) for p in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    assert len(paths) == 5
    ends = sorted((float(p[1:].split(",")[0]) - 186, float(p.split()[-1].split(",")[0])) for p in paths)
    edges = [
        ("bronze: rows as they arrived", "events"),
        ("events", "sessions"),
        ("events", "daily"),
        ("sessions", "daily"),
        ("daily", "users"),
    ]
    assert ends == sorted((found[a], found[b]) for a, b in edges)


def test_the_picture_does_not_depend_on_the_order_of_independent_tables() -> None:
    one, other = entry("silver.a", feeds=True), entry("silver.b", feeds=True)
    gold = entry("gold.c", "silver.a", "silver.b")
    assert lineage_svg(catalogue_of(one, other, gold)) == lineage_svg(catalogue_of(other, one, gold))
