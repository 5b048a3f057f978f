"""Sessions: an identified user's visits between sign-up and leaving, and visits of people who never sign in."""

from dataclasses import dataclass

import numpy as np

from lakehouse.synthetic.seasonality import TrafficClock
from lakehouse.synthetic.users import Users, draw_places

IDENTIFIED_SESSIONS_PER_USER = 3.8125
ANONYMOUS_SESSIONS_PER_USER = 3.0
# The share of identified sessions with an intent to buy.
SHOPPING_SHARE = 0.5193
OWN_DEPARTMENT_SHARE = 0.9
BROWSERS = ("Chrome", "Safari", "Firefox", "Other", "IE")
BROWSER_SHARES = (0.5, 0.2, 0.2, 0.05, 0.05)
SESSION_SOURCES = ("Email", "Adwords", "Facebook", "YouTube", "Organic")
SESSION_SOURCE_SHARES = (0.45, 0.3, 0.1, 0.1, 0.05)
ANONYMOUS = -1


@dataclass(frozen=True)
class Sessions:
    """A chunk of sessions, one entry each, those of a user together and in order of time.

    `user` is the position of the user in the chunk or `ANONYMOUS`; `started_at` is in epoch seconds.
    """

    user: np.ndarray
    started_at: np.ndarray
    is_shopping: np.ndarray
    department: np.ndarray
    place: np.ndarray
    browser: np.ndarray
    source: np.ndarray

    @property
    def count(self) -> int:
        """The number of sessions in the chunk."""
        return len(self.user)


def draw_sessions(rng: np.random.Generator, clock: TrafficClock, users: Users) -> Sessions:
    """The identified sessions of `users`, then the number of anonymous ones that belongs to them."""
    user, started_at = _identified_starts(rng, clock, users)
    anonymous = rng.poisson(ANONYMOUS_SESSIONS_PER_USER * users.count)
    # The number of visitors grows as sign-ups do.
    anonymous_starts = clock.signup_time_at(np.sort(rng.random(anonymous)))
    identified = len(user)
    total = identified + anonymous
    department = rng.integers(0, 2, total)
    is_own = rng.random(identified) < OWN_DEPARTMENT_SHARE
    department[:identified] = np.where(is_own, users.gender[user], 1 - users.gender[user])
    return Sessions(
        user=np.concatenate([user, np.full(anonymous, ANONYMOUS)]),
        started_at=np.concatenate([started_at, anonymous_starts]),
        is_shopping=(rng.random(total) < SHOPPING_SHARE) & (np.arange(total) < identified),
        department=department,
        place=np.concatenate([users.place[user], draw_places(rng, anonymous)]),
        browser=rng.choice(len(BROWSERS), total, p=BROWSER_SHARES),
        source=rng.choice(len(SESSION_SOURCES), total, p=SESSION_SOURCE_SHARES),
    )


def _identified_starts(rng: np.random.Generator, clock: TrafficClock, users: Users) -> tuple[np.ndarray, np.ndarray]:
    """User (position) and start (epoch seconds) of each session; a user's first one starts at sign-up."""
    born = clock.seasonal_days_until(users.created_at)
    lived = clock.seasonal_days_until(users.last_start_at) - born
    later_visits = rng.poisson(users.session_rate * lived)
    user = np.repeat(np.arange(users.count), later_visits)
    started_at = clock.time_at(born[user] + lived[user] * rng.random(len(user)))
    # Whole seconds may round a start to just before the sign-up.
    started_at = np.maximum(started_at, users.created_at[user])
    user = np.concatenate([np.arange(users.count), user])
    started_at = np.concatenate([users.created_at, started_at])
    order = np.lexsort((started_at, user))
    return user[order], started_at[order]
