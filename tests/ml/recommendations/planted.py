"""What users did, written out or planted: two kinds of users who like the products of their kind."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from ml.recommendations.history import COUNTS, History

# user, product, day, views, cart additions, purchases
Did = tuple[str, str, int, int, int, int]
NAMES = ("user_id", "product_id", "day", *COUNTS)
TYPES = (pa.string(), pa.string(), pa.int32(), *[pa.int64()] * len(COUNTS))
SCHEMA = pa.schema(list(zip(NAMES, TYPES, strict=True)))
TODAY, DAYS = 100, 90


def rows_of(did: Iterable[Did]) -> pa.Table:
    """No line was cancelled: orders are purchases."""
    return pa.Table.from_pylist([dict(zip(NAMES, (*one, one[-1]), strict=True)) for one in did], schema=SCHEMA)


def history_of(did: Iterable[Did], more_users: Iterable[str] = ()) -> History:
    return History.of(rows_of(did), pa.array(list(more_users), pa.string()))


def clusters(seed: int = 1, users: int = 240, products: int = 120, visits: int = 12, kinds: int = 4) -> list[Did]:
    """Users of each kind view products of their kind, one in ten of another; one view in three is a purchase.

    Views are spread over the DAYS before TODAY.
    """
    rng = np.random.default_rng(seed)
    user = np.repeat(np.arange(users), visits)
    kind = np.where(rng.random(len(user)) < 0.1, rng.integers(0, kinds, len(user)), user % kinds)
    product = rng.integers(0, products // kinds, len(user)) * kinds + kind
    day = rng.integers(TODAY - DAYS, TODAY, len(user))
    bought = (rng.random(len(user)) < 1 / 3).astype(int)
    cells: dict[tuple[int, int, int], int] = {}
    for cell, sold in zip(zip(user.tolist(), product.tolist(), day.tolist(), strict=True), bought.tolist(), strict=True):
        cells[cell] = cells.get(cell, 0) + sold
    return [(f"u{u}", f"p{p}", d, 1, 0, sold) for (u, p, d), sold in cells.items()]
