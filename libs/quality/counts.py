"""The counts that a table's rules are judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.tables.rules import Rule

ROW_COUNT = "row count"


@dataclass(frozen=True)
class Counts:
    """How many rows there are, and for each rule, by its expectation, how many of them do not meet it."""

    rules: Sequence[Rule]
    rows: int
    unmet: Mapping[str, int]
