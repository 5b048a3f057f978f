"""API keys and the bucket of each: nobody gets more than is declared, and no key is told, printed or compared by halves."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.serving.limits import Buckets, Keys
from tests.ml.serving.running import Running

pytest.importorskip("fastapi")
WAITS = st.lists(st.floats(0, 3), max_size=60)


@given(WAITS, st.floats(0.5, 20), st.integers(1, 10))
def test_no_span_of_time_has_more_than_the_burst_and_what_flowed_in(waits: list[float], per_second: float, burst: int) -> None:
    now = 0.0
    buckets = Buckets(per_second, burst, lambda: now)
    granted: list[float] = []
    for wait in waits:
        now += wait
        left = buckets.taken(1)
        if not left:
            granted.append(now)
        else:
            assert 0 < left <= 1 / per_second
    for n, first in enumerate(granted):
        for m in range(n, len(granted)):
            assert m - n + 1 <= burst + (granted[m] - first) * per_second + 1e-6


@given(st.integers(1, 10), st.floats(0.5, 20))
def test_who_waits_as_told_is_let_through_and_others_are_not_held_up(burst: int, per_second: float) -> None:
    now = 0.0
    buckets = Buckets(per_second, burst, lambda: now)
    assert [buckets.taken(1) for _ in range(burst)] == [0] * burst
    wait = buckets.taken(1)
    assert wait > 0 and buckets.taken(2) == 0
    now += wait * (1 + 1e-9)
    assert buckets.taken(1) == 0


def test_keys_are_told_apart() -> None:
    keys = Keys(" one, two,,")
    assert len(keys) == 2
    assert [keys.whose(given) for given in (b"one", b"two", b"on", b"one,two", b"", None, b"\xff")] == [0, 1] + [None] * 5
    assert [Keys(said).whose(None) for said in (None, "", " , ")] == [0, 0, 0], "none are needed"
    assert "one" not in repr(vars(keys))


def test_without_a_key_nothing_is_told_but_whether_it_works(serve: Callable[..., Running]) -> None:
    service = serve(keys="one,two")
    for headers in ({}, {"X-API-Key": "three"}, {"X-API-Key": "\xff"}, {"Authorization": "Bearer one"}):
        for answer in (
            service.predict({"user_id": "u1"}, headers=headers),
            service.get("/customers/u0", headers=headers),
            service.get("/nowhere", headers=headers),
        ):
            assert answer.status_code == 401 and "X-API-Key" in answer.json()["detail"]
    assert [service.get(path).status_code for path in ("/health", "/ready", "/metrics", "/docs", "/openapi.json")] == [200] * 5
    assert service.predict({"user_id": "u1"}, headers={"X-API-Key": "two"}).status_code == 200
    assert not any("two" in line for line in service.said)


def test_who_asks_too_often_is_429_and_told_when_to_come_again(serve: Callable[..., Running]) -> None:
    service = serve(keys="one,two", requests_per_second=0.01, burst=3)
    statuses = [service.predict({"user_id": "u1"}, headers={"X-API-Key": "one"}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = service.get("/customers/u1", headers={"X-API-Key": "one"})
    assert refused.status_code == 429 and 1 <= int(refused.headers["Retry-After"]) <= 100
    assert service.predict({"user_id": "u1"}, headers={"X-API-Key": "two"}).status_code == 200, "each key has its own"
    assert service.get("/health").status_code == 200
