"""A source's contract: which rows of bronze are valid, and how they become rows of silver.

`conform` types every row and says what is wrong with it, `accepted` and `latest` give what silver takes, `rejected` what
is quarantined; `by_repeats` tells rows with repeated keys beforehand. `parsing`, `pseudonyms` and `reasons` hold the pieces.
"""

from lakehouse.contract.conform import conform
from lakehouse.contract.outcome import QUARANTINE_COLUMNS, accepted, judged, latest, rejected, restored, wins
from lakehouse.contract.repeats import by_repeats

__all__ = ["QUARANTINE_COLUMNS", "accepted", "by_repeats", "conform", "judged", "latest", "rejected", "restored", "wins"]
