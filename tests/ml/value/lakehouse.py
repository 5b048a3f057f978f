"""A lakehouse of order lines that jobs fill, with the moment that its figures are as of; and random lines for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from lakehouse.gold import user_activity_daily
from lakehouse.refresh.by_job import Filling
from lakehouse.refresh.checks import Checks
from lakehouse.refresh.run import Run
from lakehouse.silver import order_items
from libs.store.port import Store
from tests.lakehouse.random_rows import Row, frame

# A quarter after the first day of `line`.
QUARTER = datetime(2024, 4, 1, tzinfo=UTC)


@dataclass
class Lakehouse:
    """Order lines, and what fills tables from them; `said` are its remarks."""

    store: Store
    said: list[str] = field(default_factory=list)

    def has(self, as_of: datetime, rows: list[Row]) -> None:
        """These are its order lines, and metrics were computed as of that moment."""
        spark = self.store.spark
        self.store.overwrite(order_items.TABLE, frame(spark, order_items.TABLE, *rows), {})
        self.store.overwrite(user_activity_daily.TABLE, frame(spark, user_activity_daily.TABLE), {"as_of": as_of.isoformat()})

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        """One run of a job."""
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        with Checks("run", moment) as checks:
            yield Filling(Run(self.store, moment, checks.enforce), checks, self.said.append, lambda outcome: None)

    def rows(self, name: str) -> list[dict[str, object]]:
        """A table's rows."""
        found: list[dict[str, object]] = self.store.read(name).toArrow().to_pylist()
        return found


def line(user: int, day: int, price: str) -> Row:
    """An order of one line, at noon of so many days after 2024-01-01."""
    at = datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    ids = {"order_item_id": f"{user} {day}", "order_id": f"{user} {day}", "user_id": str(user)}
    return {**ids, "sold_at": at, "sale_price": Decimal(price), "status": "Complete"}


def random_lines(price: str) -> list[Row]:
    """Orders of 300 users within 90 days, one to many each."""
    chance = np.random.default_rng(10)
    return [line(user, int(day), price) for user in range(300) for day in {*chance.integers(0, 90, chance.geometric(0.4))}]
