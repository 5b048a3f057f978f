"""Users: when they signed up, who they are, how active they are and when they leave."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.synthetic.catalogue import MEN
from lakehouse.synthetic.churn import AGES, RATE_SHAPE, TRAFFIC_SOURCE_SHARES, TRAFFIC_SOURCES, hazard_per_day
from lakehouse.synthetic.parameters import SECONDS_PER_DAY
from lakehouse.synthetic.places import (
    COUNTRY_SHARES,
    EMAIL_DOMAINS,
    LAST_NAMES,
    MEN_NAMES,
    PLACES,
    STREET_KINDS,
    WOMEN_NAMES,
)
from lakehouse.synthetic.seasonality import SECONDS_PER_HOUR, TrafficClock
from lakehouse.synthetic.text_forms import joined, pick, timestamps

GENDERS = ("F", "M")

_COUNTRY_OF_PLACE = np.array([list(COUNTRY_SHARES).index(place[0]) for place in PLACES])
_PLACES_IN_COUNTRY = np.bincount(_COUNTRY_OF_PLACE)
_PLACE_SHARES = (np.array(list(COUNTRY_SHARES.values())) / _PLACES_IN_COUNTRY)[_COUNTRY_OF_PLACE]


@dataclass(frozen=True)
class Users:
    """A chunk of users, one entry each: ids, moments (epoch seconds), rates (per seasonal day), segments by position.

    `last_start_at` is the last moment at which a session may begin, an hour before the user leaves or the span ends.
    """

    ids: np.ndarray
    created_at: np.ndarray
    last_start_at: np.ndarray
    has_churned: np.ndarray
    hazard: np.ndarray
    session_rate: np.ndarray
    gender: np.ndarray
    age: np.ndarray
    source: np.ndarray
    place: np.ndarray

    @property
    def count(self) -> int:
        """The number of users in the chunk."""
        return len(self.ids)


def draw_places(rng: np.random.Generator, count: int) -> np.ndarray:
    """Positions of random places, by their countries' shares."""
    return rng.choice(len(PLACES), count, p=_PLACE_SHARES / _PLACE_SHARES.sum())


def place_columns(place: np.ndarray) -> list[pa.Array]:
    """Country, state, city, postal code, latitude and longitude of the places at these positions."""
    return [pick(column, place) for column in zip(*PLACES, strict=True)]


def draw_users(rng: np.random.Generator, clock: TrafficClock, first_id: int, count: int, mean_session_rate: float) -> Users:
    """`count` users from id `first_id` on; `mean_session_rate` is in sessions per seasonal day."""
    created_at = clock.signup_time_at(rng.random(count))
    source = rng.choice(len(TRAFFIC_SOURCES), count, p=TRAFFIC_SOURCE_SHARES)
    place = draw_places(rng, count)
    age = rng.integers(AGES[0], AGES[1] + 1, count)
    hazard = hazard_per_day(source, _COUNTRY_OF_PLACE[place], age)
    lifetime = (rng.exponential(1 / hazard) * SECONDS_PER_DAY).astype(np.int64)
    end = int(clock.edges[-1])
    return Users(
        ids=np.arange(first_id, first_id + count),
        created_at=created_at,
        last_start_at=np.minimum(created_at + lifetime, end),
        has_churned=created_at + lifetime < end,
        hazard=hazard,
        session_rate=mean_session_rate * rng.gamma(RATE_SHAPE, 1 / RATE_SHAPE, count),
        gender=rng.integers(0, 2, count),
        age=age,
        source=source,
        place=place,
    )


def users_table(rng: np.random.Generator, users: Users) -> pa.Table:
    """The `users` table's rows."""
    first_name, last_name = _names(rng, users)
    domain = joined("@", pick(EMAIL_DOMAINS, rng.integers(0, len(EMAIL_DOMAINS), users.count)))
    country, state, city, postal_code, latitude, longitude = place_columns(users.place)
    return pa.table(
        {
            "id": users.ids,
            "first_name": first_name,
            "last_name": last_name,
            "email": joined(pc.utf8_lower(first_name), pc.utf8_lower(last_name), domain),
            "age": users.age,
            "gender": pick(GENDERS, users.gender),
            "state": state,
            "street_address": _street_addresses(rng, users.count),
            "postal_code": postal_code,
            "city": city,
            "country": country,
            "latitude": latitude,
            "longitude": longitude,
            "traffic_source": pick(TRAFFIC_SOURCES, users.source),
            "created_at": timestamps(rng, users.created_at),
        }
    )


def users_truth(users: Users) -> pa.Table:
    """What was planted for each user: the hazard and rate per day, and when they left (null: not yet)."""
    left_at = pa.array(users.last_start_at + SECONDS_PER_HOUR, pa.timestamp("s"), mask=~users.has_churned)
    return pa.table(
        {
            "user_id": users.ids,
            "churned_at": left_at,
            "hazard_per_day": users.hazard,
            "sessions_per_day": users.session_rate,
        }
    )


def _names(rng: np.random.Generator, users: Users) -> tuple[pa.Array, pa.Array]:
    # Both lists have the same length, so that one position is valid for either.
    position = rng.integers(0, len(WOMEN_NAMES), users.count)
    first_name = pick((*WOMEN_NAMES, *MEN_NAMES), position + len(WOMEN_NAMES) * (users.gender == MEN))
    return first_name, pick(LAST_NAMES, rng.integers(0, len(LAST_NAMES), users.count))


def _street_addresses(rng: np.random.Generator, count: int) -> pa.Array:
    number = pa.array(rng.integers(1, 100_000, count)).cast(pa.string())
    name = pick(LAST_NAMES, rng.integers(0, len(LAST_NAMES), count))
    return joined(number, name, pick(STREET_KINDS, rng.integers(0, len(STREET_KINDS), count)), separator=" ")
