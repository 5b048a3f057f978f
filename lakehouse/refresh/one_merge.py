"""One refresh of one silver table: what its steps know."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from lakehouse.catalogue.entry import Catalogue
from lakehouse.contract.conform import Rows, conformed
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.fed import Fed, unstitched_sources
from lakehouse.refresh.run import Run
from lakehouse.refresh.state import Marks, State, successor
from libs.store.port import Store
from libs.store.staged import Staging
from libs.tables import Merge, Table


@dataclass(frozen=True)
class Merging:
    """One refresh of one silver table: its state `before`, the versions of its sources `now`, where it stages rows."""

    run: Run
    store: Store
    staging: Staging
    table: Table
    rule: Merge
    feeds: Sequence[Fed]
    catalogue: Catalogue
    code: str
    before: State | None
    now: Marks
    arrivals: Arrivals

    def state(self, generation: int) -> dict[str, object]:
        """What is committed with the rows."""
        return successor(self.store, self.before, self.now, self.code, generation).packed()

    def arrived(self, fed: Fed, after: int | None) -> Rows:
        """The rows of the feed's bronze table, or those that came after a version of it, cleaned and judged."""
        return self.arrivals.rows(fed, self.table, after, self.now[fed.bronze].version)

    def conformed(self, fed: Fed, rows: Rows) -> DataFrame:
        """Rows of bronze as rows of the table, with what is wrong with each."""
        return conformed(rows, fed.source, fed.feed, self.table, self.run.pseudonym_key)

    def other(self, name: str) -> DataFrame:
        """Another table, as it stood when the refresh began."""
        return self.store.read(name, self.now[name].version)

    @property
    def unstitched(self) -> list[str]:
        """Sources that leave the users of visitors, and sessions, to us."""
        return unstitched_sources(self.rule, self.feeds)
