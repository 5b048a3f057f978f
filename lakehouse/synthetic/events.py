"""Events: the steps of each session, in order and in time.

A session is: home page (sometimes), then for each viewed product its department (sometimes), its page and the cart
(if added), then the purchase of all that is bought, or a cancellation (sometimes) of a cart that is not.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lakehouse.synthetic.catalogue import Catalogue
from lakehouse.synthetic.sessions import ANONYMOUS, BROWSERS, SESSION_SOURCES, Sessions
from lakehouse.synthetic.shopping import Views
from lakehouse.synthetic.text_forms import ip_addresses, pick, timestamps, uuids
from lakehouse.synthetic.users import Users, place_columns

EVENT_TYPES = ("home", "department", "product", "cart", "purchase", "cancel")
HOME, DEPARTMENT, PRODUCT, CART, PURCHASE, CANCEL = range(len(EVENT_TYPES))
HOME_SHARE = 0.15
CANCEL_SHARE = 0.40
# 17 events at most and 170 seconds between two: a session lasts less than an hour.
SECONDS_BETWEEN_EVENTS = (5, 170)


@dataclass(frozen=True)
class Events:
    """A chunk of events, one entry each, by session and time; `product` is a position, -1 without one."""

    session: np.ndarray
    event_type: np.ndarray
    product: np.ndarray
    sequence_number: np.ndarray
    occurred_at: np.ndarray


def lay_out_events(rng: np.random.Generator, sessions: Sessions, views: Views) -> Events:
    """The events of `sessions`, from the products viewed in them."""
    has_home = rng.random(sessions.count) < HOME_SHARE
    carts = np.bincount(views.session, views.is_in_cart, sessions.count)
    has_purchase = np.bincount(views.session, views.is_bought, sessions.count) > 0
    has_cancel = ~has_purchase & (carts > 0) & (rng.random(sessions.count) < CANCEL_SHARE)
    steps = 1 + views.has_department + views.is_in_cart
    has_end = has_purchase | has_cancel
    lengths = has_home + np.bincount(views.session, steps, sessions.count).astype(np.int64) + has_end
    ends = np.cumsum(lengths)
    starts: np.ndarray = ends - lengths
    # A session's views are consecutive, so a view starts after all steps before it, homes and last events included.
    before_views: np.ndarray = np.cumsum(has_home) + np.cumsum(has_end) - has_end
    view_starts = np.cumsum(steps) - steps + before_views[views.session]

    event_type = np.full(int(lengths.sum()), PRODUCT, np.int8)
    product = np.full(len(event_type), -1)
    event_type[starts[has_home]] = HOME
    event_type[view_starts[views.has_department]] = DEPARTMENT
    product[view_starts] = views.product
    product[view_starts + views.has_department] = views.product
    event_type[(view_starts + views.has_department + 1)[views.is_in_cart]] = CART
    event_type[ends[has_purchase] - 1] = PURCHASE
    event_type[ends[has_cancel] - 1] = CANCEL
    session = np.repeat(np.arange(sessions.count), lengths)
    sequence_number = np.arange(len(session)) - starts[session] + 1
    return Events(session, event_type, product, sequence_number, _times(rng, sessions, session, starts))


def events_table(
    rng: np.random.Generator,
    ids: np.ndarray,
    users: Users,
    sessions: Sessions,
    events: Events,
    uris: pa.Array,
) -> pa.Table:
    """The `events` table's rows, on the pages of `uris`; `user_id` is null in anonymous sessions."""
    user = sessions.user[events.session]
    place = sessions.place[events.session]
    _, state, city, postal_code, _, _ = place_columns(place)
    return pa.table(
        {
            "id": ids,
            "user_id": pa.array(users.ids[user], mask=user == ANONYMOUS),
            "sequence_number": events.sequence_number,
            "session_id": pick(uuids(rng, sessions.count), events.session),
            "created_at": timestamps(rng, events.occurred_at),
            "ip_address": pick(ip_addresses(rng, sessions.count), events.session),
            "city": city,
            "state": state,
            "postal_code": postal_code,
            "browser": pick(BROWSERS, sessions.browser[events.session]),
            "traffic_source": pick(SESSION_SOURCES, sessions.source[events.session]),
            "uri": pick(uris, _uri_positions(events, (len(uris) - len(EVENT_TYPES)) // 2)),
            "event_type": pick(EVENT_TYPES, events.event_type),
        }
    )


def _times(rng: np.random.Generator, sessions: Sessions, session: np.ndarray, starts: np.ndarray) -> np.ndarray:
    gaps = rng.integers(*SECONDS_BETWEEN_EVENTS, len(session))
    elapsed = np.cumsum(gaps)
    return sessions.started_at[session] + elapsed - elapsed[starts][session]


def _uri_positions(events: Events, products: int) -> np.ndarray:
    """The position of each event's page in `page_uris`."""
    is_of_department = events.event_type == DEPARTMENT
    of_product = len(EVENT_TYPES) + events.product + products * is_of_department
    return np.where(events.product < 0, events.event_type, of_product)


def page_uris(catalogue: Catalogue) -> pa.Array:
    """The pages of events: one for each event type, one for each product, then each product's department."""
    columns = catalogue.table.select(["department", "category", "brand"]).to_pydict()
    products = [f"/product/{position + 1}" for position in range(catalogue.table.num_rows)]
    departments = [
        f"/department/{department}/category/{category}/brand/{brand}".lower().replace(" ", "")
        for department, category, brand in zip(*columns.values(), strict=True)
    ]
    return pa.array([f"/{event_type}" for event_type in EVENT_TYPES] + products + departments)
