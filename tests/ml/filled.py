"""A small lakehouse for jobs that fill tables: published facts, and how a test fills tables from them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from lakehouse.gold import product_interest_daily, user_activity_daily
from lakehouse.refresh.by_job import Filling
from lakehouse.refresh.checks import Checks
from lakehouse.refresh.run import Run
from lakehouse.silver import order_items, products, users
from libs.store.port import Store
from libs.tables import Table
from tests.lakehouse.random_rows import Row, frame

FACTS = {table.name: table for table in (users.TABLE, products.TABLE, order_items.TABLE, product_interest_daily.TABLE)}


@dataclass(frozen=True)
class Facts:
    """Tables with facts, published as of a moment (UTC)."""

    store: Store
    as_of: datetime

    def publish(self, facts: Mapping[str, Sequence[Row]]) -> None:
        """Make these rows the tables' own; a table that is not named has none."""
        for name, table in FACTS.items():
            self._overwrite(table, facts.get(name, ()))
        self._overwrite(user_activity_daily.TABLE, ())

    def _overwrite(self, table: Table, rows: Sequence[Row]) -> None:
        self.store.overwrite(table, frame(self.store.spark, table, *rows), {"as_of": self.as_of.isoformat()})

    @contextmanager
    def filling(self, said: list[str]) -> Iterator[Filling]:
        """What a job gets; its remarks are appended to `said`."""
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        with Checks("run", moment) as checks:
            yield Filling(Run(self.store, moment, checks.enforce), checks, said.append, lambda outcome: None)

    def rows(self, table: Table) -> list[tuple[object, ...]]:
        """The table's rows in the order of its key."""
        return sorted(tuple(row.values()) for row in self.store.read(table.name).toArrow().to_pylist())
