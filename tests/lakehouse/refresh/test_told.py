"""The order of a purchase is of the event's version that stands: any arrivals give what a rebuild, and plain Python, give."""

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession

from lakehouse.bronze.ingest import ingest
from lakehouse.catalogue.discovery import catalogue
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.fed import feeds_in
from lakehouse.refresh.merged import refresh_merged
from lakehouse.refresh.run import Outcome, Run
from tests.lakehouse.refresh.test_merged import MOMENT, SOURCE, Lakehouse, Row, row

TABLES = ("users", "events", "products", "orders", "order_items")


class Shop(Lakehouse):
    """Takes batches of product events into the silver tables that they feed; one file a batch."""

    outcomes: dict[str, Outcome]

    def arrive(self, *rows: Row) -> None:
        """The rows of one file into bronze, and no further."""
        (self.data / f"product_events-{self.runs}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        ingest(self.store, SOURCE, "events", self.data, MOMENT + timedelta(minutes=self.runs))
        self.runs += 1

    def refresh(self) -> Outcome:
        """Bring the tables up to date with what was taken; what became of orders."""
        run, known = Run(self.store, MOMENT, lambda table, checked: None), catalogue()
        feeds = feeds_in(self.store, [SOURCE], known)
        with self.store.staging() as staging:
            arrivals = Arrivals(self.store, staging)
            self.outcomes = {
                name: refresh_merged(run, known[f"silver.{name}"], [f for f in feeds if f.entity == name], known, arrivals)
                for name in TABLES
            }
        return self.outcomes["orders"]

    def sales(self) -> dict[str, Decimal]:
        """The price of each order, without the prefix of the source's ids; orders and their lines are of the same events."""
        orders = {r.order_id[3:] for r in self.store.read("silver.orders").select("order_id").collect()}
        lines = self.store.read("silver.order_items").select("order_id", "sale_price").collect()
        found = {r.order_id[3:]: r.sale_price for r in lines}
        assert orders == set(found) and len(lines) == len(found)
        return found


def sold(batches: Sequence[Sequence[Row]]) -> dict[str, Decimal]:
    """By plain Python: of each event the last row that can be read, where it is a purchase with an amount."""
    last = {r["event_id"]: r for batch in batches for r in batch if r.get("amount") != "five"}
    return {k: Decimal(r["amount"]) for k, r in last.items() if r["event_type"] == "purchase" and "amount" in r}


def event(event_id: str, event_type: str, amount: str | None = None) -> Row:
    return row(event_id, 1, "u", None, event_type=event_type, amount=amount)


@pytest.mark.both_engines
def test_a_purchase_that_comes_again_as_something_else_is_no_order(spark: SparkSession, tmp_path: Path) -> None:
    shop = Shop(spark, tmp_path)
    first = [event(name, "purchase", "10") for name in "abcdef"] + [event("b", "view"), event("g", "view")]
    shop.take(*first)
    assert set(shop.sales()) == set("acdef"), "of one file the last row"
    corrected = [event("c", "view"), event("d", "purchase"), event("e", "purchase", "12"), event("f", "purchase", "five")]
    outcome = shop.take(*corrected, event("g", "purchase", "7"))
    assert shop.sales() == sold([first, corrected, [event("g", "purchase", "7")]]) == {"a": 10, "e": 12, "f": 10, "g": 7}
    assert (outcome.rows_in, outcome.quarantined, outcome.rows_seen_before) == (2, 0, 1), (
        "a row that is rejected is told by events alone"
    )
    assert "2 rows of events that came again as something else: deleted" in outcome.notes
    assert shop.refresh().mode == "unchanged"


@pytest.mark.parametrize("seed", range(3))
def test_any_arrivals_give_what_a_rebuild_and_plain_python_give(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    kinds = [("purchase", "10"), ("purchase", "12.5"), ("purchase", None), ("purchase", "five"), ("view", None), ("view", "3")]
    batches = [[event(random.choice("abcdefgh"), *random.choice(kinds)) for _ in range(random.randint(1, 5))] for _ in range(4)]
    shop, rebuilt = Shop(spark, tmp_path / "by and by"), Shop(spark, tmp_path / "at once")
    for number, batch in enumerate(batches):
        shop.take(*batch)
        assert shop.sales() == sold(batches[: number + 1]), number
    for batch in batches:
        rebuilt.arrive(*batch)
    rebuilt.refresh()
    assert rebuilt.sales() == shop.sales()
