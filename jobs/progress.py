"""What a job says while it works: a line a table, then a summary."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from lakehouse.refresh.orchestration import Results
    from lakehouse.refresh.run import Outcome

HEADER = f"{'table':<42} {'how':<10} {'rows in':>12} {'rows out':>12} {'quarantined':>12} {'seen before':>12} {'seconds':>8}"


class Progress:
    """Prints to `out`, line by line, so that a log file of it reads as well as a terminal."""

    def __init__(self, out: TextIO) -> None:
        """Print to `out`."""
        self._out = out
        self._has_header = False

    def say(self, line: str) -> None:
        """Print a line."""
        # With its end in one write: tables that are computed at the same time print at the same time.
        self._out.write(f"{line}\n")
        self._out.flush()

    def table(self, outcome: "Outcome") -> None:
        """Print what became of a table."""
        if not self._has_header:
            self.say(HEADER)
            self._has_header = True
        counts = " ".join(f"{n:>12,}" for n in (outcome.rows_in, outcome.rows_out, outcome.quarantined, outcome.rows_seen_before))
        self.say(f"{outcome.table:<42} {outcome.mode:<10} {counts} {outcome.seconds:>8.1f}")
        for note in outcome.notes:
            self.say(f"  {note}")

    def summary(self, results: "Results") -> None:
        """Print the end of a run: what came in, and where it went."""
        tables = results.tables
        silver = [o for o in tables if o.table.startswith("silver.") and o.rows_in]
        rows, quarantined, seen = (sum(getattr(o, n) for o in silver) for n in ("rows_in", "quarantined", "rows_seen_before"))
        new = rows - quarantined - seen
        changed = sum(o.mode != "unchanged" for o in tables)
        self.say(f"{changed} of {len(tables)} tables changed in {results.seconds:.0f} s, as of {results.as_of:%Y-%m-%d %H:%M}")
        if rows:
            self.say(f"silver: {rows:,} rows in = {new:,} new + {quarantined:,} quarantined + {seen:,} seen before")
        for why, names in _rebuilt(tables).items():
            self.say(f"computed in full, as {why}: {', '.join(names)}")
        self.say(f"report: {results.report}")


def _rebuilt(outcomes: "Sequence[Outcome]") -> dict[str, list[str]]:
    """The tables that were computed in full though they existed, by the reason."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.is_rebuilt:
            found.setdefault(str(outcome.why), []).append(outcome.table)
    return found
