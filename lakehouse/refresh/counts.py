"""What became of a feed's arrivals, counted while they are read for what is written."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from lakehouse.contract.conform import LEFT_OUT
from lakehouse.contract.outcome import accepted
from libs.store.staged import Passing, Staging


@dataclass(frozen=True)
class Arrived:
    """Rows that a feed gives a table, and the arrivals and those waiting for a reference that were counted on the way.

    Arrivals may pass in several parts, or none at all. The counts are known once `rows` were written.
    """

    rows: DataFrame
    arrivals: tuple[Passing, ...] = ()
    waiting: tuple[Passing, ...] = ()

    @classmethod
    def valid(cls, conformed: DataFrame, staging: Staging) -> "Arrived":
        """The valid rows among conformed arrivals, all of which are counted."""
        left_out = {name: f"count_if(contains(_left_out, '{name}'))" for name in LEFT_OUT}
        passing = staging.passing(conformed, rejected="count_if(size(_reasons) > 0)", **left_out)
        return cls(accepted(passing.rows), (passing,))

    def known(self, marked: DataFrame, staging: Staging) -> "Arrived":
        """Those of the rows whose references exist, out of the rows with `_missing`; the others are counted."""
        passing = staging.passing(marked, held="count_if(_missing is not null)")
        return replace(self, rows=without_missing(passing.rows), waiting=(*self.waiting, passing))

    def with_rows(self, rows: DataFrame) -> "Arrived":
        """The same arrivals, of which other rows were made."""
        return replace(self, rows=rows)

    @property
    def count(self) -> int:
        """Arrivals."""
        return sum(passing.count for passing in self.arrivals)

    def left_out(self, what: str) -> int:
        """Arrivals of whose values something was left out, one of LEFT_OUT."""
        return sum(passing.figure(what) for passing in self.arrivals)

    @property
    def quarantined(self) -> int:
        """Arrivals that were rejected, or wait for a reference."""
        rejected = sum(passing.figure("rejected") for passing in self.arrivals)
        return rejected + sum(passing.figure("held") for passing in self.waiting)


def together(parts: Iterable[Arrived], rows: DataFrame) -> Arrived:
    """`rows`, which were made of all the parts' rows, with the counts of all."""
    parts = list(parts)
    arrivals = tuple(passing for part in parts for passing in part.arrivals)
    return Arrived(rows, arrivals, tuple(passing for part in parts for passing in part.waiting))


def without_missing(marked: DataFrame) -> DataFrame:
    """The rows whose references exist."""
    return marked.where("_missing is null").drop("_missing")
