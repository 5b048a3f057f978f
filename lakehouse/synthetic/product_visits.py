"""Visits to a product: of users, some of whom are not signed in yet, of visitors who never sign in, and of shared browsers.

An actor's visits begin in different slots of two days, in their first 36 hours, and last six hours at most: visits of one
actor never overlap, and some run past midnight.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.synthetic.parameters import SECONDS_PER_DAY, Parameters

LATER_VISITS_PER_USER = 5.0
LATER_VISITS_OF_OTHERS = 0.5
VISITORS_PER_USER = 0.6
USERS_PER_SHARED_BROWSER = 50
SLOT_DAYS = 2
SLOTS_BETWEEN_VISITS = 10.0
LATEST_START_HOUR = 36
MOST_EVENTS = 12
EVENTS_PER_VISIT = 4.0
MOST_BROWSERS = 3
SECOND_BROWSER_SHARE = 0.4
SIGNED_IN_SHARE = 0.7
# Visits whose events name only the user, as a server's do.
WITHOUT_BROWSER_SHARE = 0.07
WITHOUT_BROWSER = -1


@dataclass(frozen=True)
class Visits:
    """A chunk of visits, one entry each, those of an actor together and in order of time.

    actor: position among users, then visitors, then shared browsers; `users` and `visitors` say how many there are.
    browser: a number for each browser of each actor; a shared one is the first of its own actor, also where a user uses it.
    started_at: epoch seconds. events: how many. signed_in_from: the first event that names the user, `events` if none does.
    has_browser: whether the events name the browser.
    """

    users: int
    visitors: int
    actor: np.ndarray
    browser: np.ndarray
    started_at: np.ndarray
    events: np.ndarray
    signed_in_from: np.ndarray
    has_browser: np.ndarray

    @property
    def is_user(self) -> np.ndarray:
        """Whether the visit is a user's, signed in or not."""
        return self.actor < self.users

    @property
    def shared_browsers(self) -> int:
        """How many browsers two users share, in addition to people who do not sign in."""
        return shared_browsers(self.users)


def shared_browsers(users: int) -> int:
    """How many browsers this number of users share: browser n is shared by users 2n and 2n + 1."""
    return users // USERS_PER_SHARED_BROWSER


def draw_visits(rng: np.random.Generator, parameters: Parameters, users: int) -> Visits:
    """The visits of `users` users, and of the visitors and shared browsers that belong to them."""
    visitors, shared = round(VISITORS_PER_USER * users), shared_browsers(users)
    actor, slot = _slots(rng, parameters, users, visitors + shared)
    count = len(actor)
    started_at = (parameters.first_day + slot * SLOT_DAYS) * SECONDS_PER_DAY + rng.integers(0, LATEST_START_HOUR * 3600, count)
    events = np.minimum(rng.geometric(1 / EVENTS_PER_VISIT, count), MOST_EVENTS)
    is_first = np.concatenate([[True], actor[1:] != actor[:-1]])
    at_shared = is_first & (actor < 2 * shared)
    own = np.where(rng.random(count) < SECOND_BROWSER_SHARE, rng.integers(0, MOST_BROWSERS, count), 0)
    browser = np.where(actor < users, actor * MOST_BROWSERS + own, actor * MOST_BROWSERS)
    from_own = _signed_in_from(rng, np.where(at_shared | (actor >= users), -1, browser), events)
    signed_in_from = np.where(at_shared, 0, np.maximum(from_own, 0))
    browser = np.where(at_shared, (users + visitors + actor // 2) * MOST_BROWSERS, browser)
    has_browser = at_shared | (from_own != WITHOUT_BROWSER)
    return Visits(users, visitors, actor, browser, started_at, events, signed_in_from, has_browser)


def _slots(rng: np.random.Generator, parameters: Parameters, users: int, others: int) -> tuple[np.ndarray, np.ndarray]:
    """Actor and slot of each visit within the span; every actor has at least one visit."""
    slots = max((parameters.end_day - parameters.first_day) // SLOT_DAYS, 1)
    later = np.concatenate([rng.poisson(LATER_VISITS_PER_USER, users), rng.poisson(LATER_VISITS_OF_OTHERS, others)])
    actor = np.repeat(np.arange(users + others), 1 + later)
    is_first = np.concatenate([[True], actor[1:] != actor[:-1]])
    gap = 1 + rng.exponential(SLOTS_BETWEEN_VISITS, len(actor)).astype(np.int64)
    total = np.cumsum(np.where(is_first, 0, gap))
    since_first = total - total[is_first][actor]
    slot = rng.integers(0, slots, users + others)[actor] + since_first
    return actor[slot < slots], slot[slot < slots]


def _signed_in_from(rng: np.random.Generator, browser: np.ndarray, events: np.ndarray) -> np.ndarray:
    """The first event of each visit that names the user, WITHOUT_BROWSER where all do and the browser is missing.

    The user of a browser signs in at one of its visits, at some event of it, and mostly in the later ones. `browser` is -1
    for a visit without a sign-in.
    """
    order = np.argsort(browser, kind="stable")
    _, first, visits = np.unique(browser[order], return_index=True, return_counts=True)
    rank = np.empty(len(browser), np.int64)
    rank[order] = np.arange(len(browser)) - np.repeat(first, visits)
    sign_in = np.empty(len(browser), np.int64)
    sign_in[order] = np.repeat(rng.integers(0, visits), visits)
    roll = rng.random(len(browser))
    later = np.where(roll < WITHOUT_BROWSER_SHARE, WITHOUT_BROWSER, np.where(roll < SIGNED_IN_SHARE, 0, events))
    found = np.where(rank < sign_in, events, np.where(rank == sign_in, rng.integers(0, events), later))
    return np.where(browser < 0, events, found)
