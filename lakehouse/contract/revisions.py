"""Revisions of how contracts read fields, by what is read.

Raise the number of a part when rows that it judged or read before were silently wrong: the silver tables and the quarantine
of the feeds that use that part are then recomputed from bronze by the next run, and no others. A change that gives the same
rows raises nothing.
"""

from collections.abc import Mapping

from lakehouse.contract.source import Feed
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, STRING, TIMESTAMP, Table

# Text of a type into its value (`lakehouse.contract.parsing`); texts are cleaned first, whatever their type (`lakehouse.contract.cleaning`).
PARSING: Mapping[str, int] = {STRING: 6, LONG: 2, INTEGER: 2, DOUBLE: 2, BOOLEAN: 2, DATE: 2, TIMESTAMP: 2, MONEY: 2}
# What is wrong with a row (`reasons`), which of several rows of a key stands (`outcome`), and how fields become columns (`conform`).
JUDGING = 4
PSEUDONYMS = 1


def revisions_of(feed: Feed, table: Table) -> dict[str, int]:
    """The revisions of the parts that the feed's rows of the silver `table` go through, by the name of the part."""
    types = {c.type for c in table.columns if c.name in feed.columns}
    used = {f"parsing {name}": PARSING[name] for name in sorted(types | {STRING})}
    return used | {"judging": JUDGING} | ({"pseudonyms": PSEUDONYMS} if feed.pseudonymise else {})
