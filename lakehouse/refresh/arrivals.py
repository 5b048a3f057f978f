"""Rows of bronze as contracts begin with them: cleaned, and with the verdicts of every feed of their table.

A row that one feed rejects is no row of another, so each feed needs the verdicts of all.
"""

from threading import Lock

from pyspark.sql import DataFrame

from lakehouse.contract.conform import Rows, cleaned_rows, with_verdicts
from lakehouse.refresh.fed import Fed
from libs.store.changes import only_inserted
from libs.store.port import Store
from libs.store.staged import Staging
from libs.tables import Table

# Bronze table, the version after which its rows came if not all are meant, and the version that has them.
Range = tuple[str, int | None, int]


def judged_rows(fed: Fed, table: Table, bronze: DataFrame) -> Rows:
    """Rows of the bronze table of a feed, which fills `table`: cleaned, with the verdicts of its feeds where there are several."""
    feeds = [(fed.feed, table), *fed.others]
    rows = cleaned_rows(bronze, fed.source, [feed for feed, _ in feeds])
    return with_verdicts(rows, fed.source, feeds) if fed.others else rows


class Arrivals:
    """The arrivals of one run's bronze tables; those that several feeds read are judged once, and staged until the run is done."""

    def __init__(self, store: Store, staging: Staging) -> None:
        """Nothing is read yet; `store` is nobody else's, and neither is the staging."""
        self._store, self._staging = store, staging
        self._shared: dict[Range, Rows] = {}
        self._locks: dict[str, Lock] = {}

    def rows(self, fed: Fed, table: Table, after: int | None, until: int) -> Rows:
        """The rows of the feed's bronze table at version `until`, or those that came after another version, as `judged_rows` gives them."""
        if not fed.others:
            return judged_rows(fed, table, self.bronze(fed.bronze, after, until))
        wanted = (fed.bronze, after, until)
        # The first feed judges; the others, at work beside it, wait.
        with self._locks.setdefault(fed.bronze, Lock()):
            if wanted not in self._shared:
                rows = judged_rows(fed, table, self.bronze(*wanted))
                self._shared[wanted] = Rows(self._staging.keep(rows.frame).rows, rows.named, rows.beside)
            return self._shared[wanted]

    def bronze(self, name: str, after: int | None, until: int) -> DataFrame:
        """The rows of the bronze table at version `until`, or those that came after another version, as they are."""
        return self._store.read(name, until) if after is None else only_inserted(self._store.changes(name, after, until))
