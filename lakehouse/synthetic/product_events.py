"""Events of a product, as clean rows, and their ground truth: user and session of each."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.synthetic.parameters import SECONDS_PER_DAY
from lakehouse.synthetic.places import COUNTRY_SHARES
from lakehouse.synthetic.product_visits import MOST_BROWSERS, Visits
from lakehouse.synthetic.rows import Rows, on_time
from lakehouse.synthetic.text_forms import pick, uuids

EVENT_TYPES = ("view", "click", "add_to_cart", "purchase", "search")
EVENT_TYPE_SHARES = (0.5, 0.25, 0.13, 0.07, 0.05)
WITHOUT_PRODUCT = (1, 4)
PURCHASE = EVENT_TYPES.index("purchase")
DEVICES = ("mobile", "desktop", "tablet")
PRODUCTS = 500
CENTS = (500, 20_000)
SECONDS_BETWEEN_EVENTS = 90
LONGEST_PAUSE = 900
# The longest pause within a session, and one second more; shares of all pauses.
STAYS, ENDS = 1800, 1801
STAYS_SHARE, ENDS_SHARE = 0.04, 0.04
NOBODY = -1


@dataclass(frozen=True)
class ProductEvents:
    """A chunk of events, one entry each, in order of their visits.

    user: position of the user who did it, also where the event does not name them, or NOBODY. names_user: whether it does.
    session: a running number. browser: as in Visits, or NOBODY where the event has none. cents: of purchases, else 0.
    """

    visit: np.ndarray
    user: np.ndarray
    names_user: np.ndarray
    browser: np.ndarray
    session: np.ndarray
    occurred_at: np.ndarray
    event_type: np.ndarray
    product: np.ndarray
    cents: np.ndarray

    @property
    def count(self) -> int:
        """The number of events in the chunk."""
        return len(self.visit)


def draw_product_events(rng: np.random.Generator, visits: Visits) -> ProductEvents:
    """The events of `visits`."""
    visit = np.repeat(np.arange(len(visits.actor)), visits.events)
    is_first = np.concatenate([[True], visit[1:] != visit[:-1]])
    pause = np.where(is_first, 0, _pauses(rng, len(visit)))
    elapsed = np.cumsum(pause)
    occurred_at = visits.started_at[visit] + elapsed - elapsed[is_first][visit]
    position = np.arange(len(visit)) - np.flatnonzero(is_first)[visit]
    event_type = rng.choice(len(EVENT_TYPES), len(visit), p=EVENT_TYPE_SHARES)
    return ProductEvents(
        visit=visit,
        user=np.where(visits.is_user[visit], visits.actor[visit], NOBODY),
        names_user=visits.is_user[visit] & (position >= visits.signed_in_from[visit]),
        browser=np.where(visits.has_browser[visit], visits.browser[visit], NOBODY),
        session=np.cumsum(is_first | (pause == ENDS)) - 1,
        occurred_at=occurred_at,
        event_type=event_type,
        product=np.where(np.isin(event_type, WITHOUT_PRODUCT), NOBODY, rng.integers(0, PRODUCTS, len(visit))),
        cents=np.where(event_type == PURCHASE, rng.integers(*CENTS, len(visit)), 0),
    )


def _pauses(rng: np.random.Generator, count: int) -> np.ndarray:
    """Seconds since the event before."""
    roll = rng.random(count)
    usual = 1 + np.minimum(rng.exponential(SECONDS_BETWEEN_EVENTS, count), LONGEST_PAUSE).astype(np.int64)
    return np.where(roll < STAYS_SHARE, STAYS, np.where(roll < STAYS_SHARE + ENDS_SHARE, ENDS, usual))


def product_rows(
    rng: np.random.Generator, visits: Visits, events: ProductEvents, first_user: int, first_event: int, amounts_as_text: bool
) -> tuple[Rows, pa.Table]:
    """The clean rows, and the truth about browsers: `anonymous_id` and `user_id`, null for a visitor and a shared browser.

    Ids count on from `first_user` and `first_event`. Amounts are in currency units, as text for files that have no types.
    """
    browsers, of_event = np.unique(events.browser, return_inverse=True)
    anonymous_ids = uuids(rng, len(browsers))
    devices = rng.integers(0, len(DEVICES), len(browsers))
    actors = visits.users + visits.visitors + visits.shared_browsers
    countries = rng.choice(len(COUNTRY_SHARES), actors, p=np.array(list(COUNTRY_SHARES.values())) / sum(COUNTRY_SHARES.values()))
    table = pa.table(
        {
            "event_id": np.arange(first_event, first_event + events.count),
            "user_id": _ids(first_user + events.user, events.names_user),
            "anonymous_id": _known(pick(anonymous_ids, of_event), events.browser != NOBODY),
            "event_type": pick(EVENT_TYPES, events.event_type),
            "timestamp": pc.strftime(pa.array(events.occurred_at, pa.timestamp("s")), "%Y-%m-%dT%H:%M:%SZ"),
            "device": pick(DEVICES, devices[of_event]),
            "country": pick(list(COUNTRY_SHARES), countries[visits.actor[events.visit]]),
            "amount": _amounts(events, amounts_as_text),
            "product_id": _ids(1 + events.product, events.product != NOBODY),
        }
    )
    rows = on_time(table, events.occurred_at // SECONDS_PER_DAY).take(np.argsort(events.occurred_at, kind="stable"))
    owner = browsers // MOST_BROWSERS
    whose = pa.table({"anonymous_id": anonymous_ids, "user_id": _ids(first_user + owner, owner < visits.users)})
    return rows, whose.filter(pa.array(browsers != NOBODY))


def _ids(numbers: np.ndarray, is_known: np.ndarray) -> pa.Array:
    return _known(pa.array(numbers).cast(pa.string()), is_known)


def _known(values: pa.Array, is_known: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(is_known), values, None)


def _amounts(events: ProductEvents, as_text: bool) -> pa.Array:
    amounts = pa.array(events.cents / 100, mask=events.event_type != PURCHASE)
    return amounts.cast(pa.decimal128(18, 2)).cast(pa.string()) if as_text else amounts
