"""Who may ask, and how often: API keys, and a token bucket for each."""

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence

# Who asks where no key is needed.
ANYONE = 0


class Keys:
    """The API keys that are taken. Only their digests are held, and all are compared, so that time says nothing of them."""

    def __init__(self, said: str | None) -> None:
        """Of keys with commas between them; without any, everybody may ask."""
        self._digests: Sequence[bytes] = [_digest(key.strip().encode()) for key in (said or "").split(",") if key.strip()]

    def __len__(self) -> int:
        return len(self._digests)

    def whose(self, given: bytes | None) -> int | None:
        """The number of the given key, ANYONE where none is needed; None where it is not one of them."""
        if not self._digests:
            return ANYONE
        asked = _digest(given or b"")
        same = [hmac.compare_digest(asked, digest) for digest in self._digests]
        return same.index(True) if any(same) else None


class Buckets:
    """A token bucket a key: `burst` requests at once, and then so many a second as flow in."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """All are full; `clock` gives seconds."""
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._levels: dict[int, tuple[float, float]] = {}

    def taken(self, key: int) -> float:
        """Take one token; returns 0, or after how many seconds there is one."""
        now = self._clock()
        level, then = self._levels.get(key, (float(self._burst), now))
        level = min(self._burst, level + (now - then) * self._per_second)
        wait = 0.0 if level >= 1 else (1 - level) / self._per_second
        self._levels[key] = (level if wait else level - 1, now)
        return wait


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
