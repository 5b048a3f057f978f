"""The CDNOW sample: purchases of 2,357 customers of a CD shop, 1997-01 to 1998-06, for which both papers publish their figures."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ml.value.gamma_gamma import Spending
from ml.value.history import Histories

# The papers' 39 weeks end with 1997-09-30; days before this one are known.
CUTOFF = date(1997, 10, 1)
Purchases = Mapping[str, Mapping[date, Decimal]]


def purchases(folder: Path) -> Purchases:
    """What each customer spent on each day, in dollars."""
    found: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in (folder / "cdnow" / "CDNOW_sample.txt").read_text().splitlines():
        customer, _, day, _, dollars = line.split()
        found[customer][datetime.strptime(day, "%Y%m%d").date()] += Decimal(dollars)
    return found


def order_lines(folder: Path) -> list[Mapping[str, Any]]:
    """Rows of silver.order_items, one for each purchase as it stands in the file, at noon."""
    rows: list[Mapping[str, Any]] = []
    for number, line in enumerate((folder / "cdnow" / "CDNOW_sample.txt").read_text().splitlines()):
        customer, _, day, _, dollars = line.split()
        sold_at = datetime.strptime(day, "%Y%m%d").replace(hour=12, tzinfo=UTC)
        ids = {"order_item_id": str(number), "order_id": str(number), "user_id": customer}
        rows.append({**ids, "sold_at": sold_at, "sale_price": Decimal(dollars), "status": "Complete"})
    return rows


def summaries(bought: Purchases) -> dict[str, tuple[int, int, int, Decimal]]:
    """Of each customer before CUTOFF: purchases after the first, days to the last, days known, dollars after the first."""
    found = {}
    for customer, by_day in bought.items():
        days = sorted(day for day in by_day if day < CUTOFF)
        age = (CUTOFF - days[0]).days - 1
        found[customer] = (len(days) - 1, (days[-1] - days[0]).days, age, sum((by_day[d] for d in days[1:]), Decimal(0)))
    return found


def histories(bought: Purchases) -> Histories:
    """What BG/NBD is fitted to."""
    frequency, recency, age, _ = zip(*summaries(bought).values(), strict=True)
    return Histories.of(frequency, [days / 7 for days in recency], [days / 7 for days in age])


def spending(bought: Purchases) -> Spending:
    """What Gamma-Gamma is fitted to."""
    again: Sequence[tuple[int, Decimal]] = [(x, spend) for x, _, _, spend in summaries(bought).values() if x]
    return Spending.of([x for x, _ in again], [float(spend) for _, spend in again])
