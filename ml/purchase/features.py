"""What was known at a cutoff of each user and each product that they viewed and had not ordered."""

from dataclasses import dataclass

import numpy as np

from ml.recommendations.history import History

FEATURES = (
    *("views", "view_days", "cart_additions", "days_since_view", "days_since_first_view"),
    *("user_views", "user_cart_additions", "user_products", "user_active_days", "user_days_since_active"),
    *("user_orders", "user_days_since_order"),
    *("product_viewers", "product_buyers", "product_conversion", "price"),
)
# A product's conversion counts as if it had this many more viewers, who buy as those of all products do.
PRIOR_VIEWERS = 20
NEVER = -(10**6)


@dataclass(frozen=True)
class Examples:
    """Pairs of users and products at cutoffs, one entry each.

    user, product: positions in the history. features: columns of FEATURES, NaN where there is none (no order, no price). bought:
    whether it was bought within the horizon.
    """

    user: np.ndarray
    product: np.ndarray
    features: np.ndarray
    bought: np.ndarray

    @classmethod
    def together(cls, parts: list["Examples"]) -> "Examples":
        """The examples of several cutoffs."""
        names = ("user", "product", "features", "bought")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Pairs:
    """The pairs of users and products of a history: for each its first row. user_days: each user and day with a row, once."""

    history: History
    first: np.ndarray
    user_days: np.ndarray

    @classmethod
    def of(cls, history: History) -> "Pairs":
        """Rows of a pair stand together. The history has at least one."""
        is_first = np.ones(len(history.day), bool)
        is_first[1:] = (np.diff(history.user) != 0) | (np.diff(history.product) != 0)
        start, span = int(history.day.min()), int(np.ptp(history.day)) + 1
        user, day = np.divmod(np.unique(history.user.astype(np.int64) * span + history.day - start), span)
        return cls(history, np.flatnonzero(is_first), np.column_stack([user, day + start]))

    @property
    def user(self) -> np.ndarray:
        """Of each pair."""
        return self.history.user[self.first]

    @property
    def product(self) -> np.ndarray:
        """Of each pair."""
        return self.history.product[self.first]

    def total(self, of_rows: np.ndarray) -> np.ndarray:
        """Sum over the rows of each pair."""
        return np.add.reduceat(of_rows.astype(np.float64), self.first)

    def last(self, rows: np.ndarray) -> np.ndarray:
        """The greatest day of the chosen rows of each pair, else NEVER."""
        return np.maximum.reduceat(np.where(rows, self.history.day, NEVER), self.first)


def examples(pairs: Pairs, prices: np.ndarray, cutoff: int, window: int, horizon: int) -> Examples:
    """Pairs viewed in the `window` days before the day `cutoff` and never ordered before it, by the rows of earlier days alone.

    prices: list price of each product of the history, NaN where not known. Counts of users and products are those of the window;
    orders of a user, and all counts of the pair itself, are of all earlier days.
    """
    history, counts = pairs.history, pairs.history.counts
    earlier = history.before(cutoff)
    last_view = pairs.last(earlier & (counts["views"] > 0))
    ordered = pairs.total(np.where(earlier, counts["orders"], 0)) > 0
    chosen = np.flatnonzero((last_view >= cutoff - window) & ~ordered)
    of_user, of_product = _of_users(pairs, cutoff, window), _of_products(pairs, cutoff, window)
    columns = [
        *(column[chosen] for column in _of_pairs(pairs, earlier, last_view, cutoff)),
        *(column[pairs.user[chosen]] for column in of_user),
        *(column[pairs.product[chosen]] for column in of_product),
        prices[pairs.product[chosen]],
    ]
    later = ~earlier & history.before(cutoff + horizon)
    bought = pairs.total(np.where(later, counts["purchases"], 0))[chosen] > 0
    return Examples(pairs.user[chosen], pairs.product[chosen], np.column_stack(columns), bought)


def _of_pairs(pairs: Pairs, earlier: np.ndarray, last_view: np.ndarray, cutoff: int) -> list[np.ndarray]:
    counts, day = pairs.history.counts, pairs.history.day
    viewed = earlier & (counts["views"] > 0)
    first_view = -np.maximum.reduceat(np.where(viewed, -day, NEVER), pairs.first)
    return [
        pairs.total(np.where(earlier, counts["views"], 0)),
        pairs.total(viewed),
        pairs.total(np.where(earlier, counts["cart_additions"], 0)),
        cutoff - last_view,
        cutoff - first_view,
    ]


def _of_users(pairs: Pairs, cutoff: int, window: int) -> list[np.ndarray]:
    history, users = pairs.history, pairs.history.shape[0]
    earlier = history.before(cutoff)
    recent = earlier & ~history.before(cutoff - window)

    def total(of_rows: np.ndarray, rows: np.ndarray = recent) -> np.ndarray:
        return np.bincount(history.user[rows], weights=of_rows[rows], minlength=users)

    def since(rows: np.ndarray) -> np.ndarray:
        last = np.full(users, NEVER)
        np.maximum.at(last, history.user[rows], history.day[rows])
        return np.where(last == NEVER, np.nan, cutoff - last)

    active, day = pairs.user_days.T
    seen = pairs.total(recent & (history.counts["views"] > 0)) > 0
    return [
        total(history.counts["views"]),
        total(history.counts["cart_additions"]),
        np.bincount(pairs.user[seen], minlength=users).astype(np.float64),
        np.bincount(active[(day < cutoff) & (day >= cutoff - window)], minlength=users).astype(np.float64),
        since(earlier),
        total(history.counts["orders"], earlier),
        since(earlier & (history.counts["orders"] > 0)),
    ]


def _of_products(pairs: Pairs, cutoff: int, window: int) -> list[np.ndarray]:
    history = pairs.history
    recent = history.before(cutoff) & ~history.before(cutoff - window)

    def users_who(name: str) -> np.ndarray:
        did = pairs.total(np.where(recent, history.counts[name], 0)) > 0
        return np.bincount(pairs.product[did], minlength=history.shape[1]).astype(np.float64)

    viewers, buyers = users_who("views"), users_who("orders")
    usual = buyers.sum() / max(viewers.sum(), 1)
    return [viewers, buyers, (buyers + PRIOR_VIEWERS * usual) / (viewers + PRIOR_VIEWERS)]
