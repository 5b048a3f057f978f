"""A value that is computed once, by whoever asks first."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Once(Generic[Value]):
    """What `compute` gives, when it is first called; other threads that call it wait.

    `functools.cached_property` has one lock for all objects of a class before Python 3.12, so that one waits for another.
    """

    def __init__(self, compute: Callable[[], Value]) -> None:
        """Nothing is computed yet; after an error it is computed again."""
        self._compute, self._lock = compute, Lock()
        self._computed: list[Value] = []

    def __call__(self) -> Value:
        """The value."""
        with self._lock:
            if not self._computed:
                self._computed.append(self._compute())
            return self._computed[0]
