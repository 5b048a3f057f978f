"""What each user did with each product by day, and what of it was known before a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import IS_SALE
from ml.recommendations.declaration import Weights

COUNTS = ("views", "cart_additions", "orders", "purchases")
EPOCH = date(1970, 1, 1)


def daily(product_interest_daily: DataFrame, order_items: DataFrame, as_of: datetime) -> DataFrame:
    """Counts before `as_of` (UTC) as user_id, product_id, day (since 1970-01-01) and COUNTS.

    Identified users alone. An order is a line that was placed, whatever became of it; a purchase one that was not cancelled.
    """
    none, day = F.lit(0).cast("bigint"), F.unix_date("date").alias("day")
    seen = product_interest_daily.where(F.col("is_identified") & (F.col("activity_date") <= F.lit(last_day(as_of)))).select(
        F.col("actor_id").alias("user_id"),
        "product_id",
        F.col("activity_date").alias("date"),
        F.col("product_views").alias("views"),
        "cart_additions",
        none.alias("orders"),
        none.alias("purchases"),
    )
    ordered = order_items.where("sale_price >= 0 and user_id is not null and product_id is not null")
    lines = ordered.where(F.col("sold_at") < as_of).select(
        "user_id",
        "product_id",
        F.to_date("sold_at").alias("date"),
        none.alias("views"),
        none.alias("cart_additions"),
        F.lit(1).cast("bigint").alias("orders"),
        F.expr(f"case when {IS_SALE} then 1 else 0 end").cast("bigint").alias("purchases"),
    )
    both = seen.unionByName(lines).groupBy("user_id", "product_id", day)
    return both.agg(*[F.sum(name).alias(name) for name in COUNTS])


def last_day(as_of: datetime) -> date:
    """The last UTC day that has a moment before `as_of`."""
    return datetime.fromtimestamp(as_of.timestamp() - 1e-6, UTC).date()


@dataclass(frozen=True)
class History:
    """The rows of `daily`, sorted by user, product and day; users and products by their positions in the sorted ids."""

    users: pa.Array
    products: pa.Array
    user: np.ndarray
    product: np.ndarray
    day: np.ndarray
    counts: dict[str, np.ndarray]

    @classmethod
    def of(cls, rows: pa.Table, more_users: pa.Array) -> "History":
        """Of rows in any order; `more_users` are known without interactions."""
        users = _ids(pa.chunked_array([*rows["user_id"].chunks, more_users], pa.string()))
        products = _ids(rows["product_id"])
        user, product = (
            pc.index_in(rows[name], value_set=ids).to_numpy(zero_copy_only=False).astype(np.int32)
            for name, ids in (("user_id", users), ("product_id", products))
        )
        day = rows["day"].to_numpy().astype(np.int32)
        order = np.lexsort((day, product, user))
        counts = {name: rows[name].to_numpy()[order] for name in COUNTS}
        return cls(users, products, user[order], product[order], day[order], counts)

    @property
    def shape(self) -> tuple[int, int]:
        """How many users and products there are."""
        return len(self.users), len(self.products)

    def before(self, day: int) -> np.ndarray:
        """Which rows are of days before `day`."""
        return self.day < day

    def weight(self, weights: Weights) -> np.ndarray:
        """What each row counts by the declared weights."""
        of = self.counts
        seen = of["views"] * weights.view + of["cart_additions"] * weights.add_to_cart
        return np.asarray(seen + of["purchases"] * weights.purchase, np.float64)

    def matrix(self, values: np.ndarray, rows: np.ndarray) -> Any:
        """A sparse matrix of users by products, as float64: the sum of `values` over the chosen `rows`, where it is above 0."""
        from scipy import sparse

        chosen = rows & (values > 0)
        cells = (self.user[chosen], self.product[chosen])
        summed = sparse.csr_matrix((values[chosen].astype(np.float64), cells), shape=self.shape)
        summed.sum_duplicates()
        return summed


def _ids(ids: pa.ChunkedArray) -> pa.Array:
    known = pc.unique(ids).drop_null()
    return known.take(pc.array_sort_indices(known)).cast(pa.string())


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days
