"""Waits for services, and tells how they are."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from libs.cluster.definition import Service
from libs.errors import UserError

Say = Callable[[str], None]


class NotHealthy(UserError):
    """A service does not become healthy; the message is one line that says which, and where to look."""


class Way(Protocol):
    """How the services run: natively or in containers."""

    def states(self) -> dict[str, str]:
        """What is said of each service's process; nothing where none runs."""

    def probe(self, service: Service) -> bool:
        """Whether the service's readiness probe succeeds now."""


def healths(way: Way, services: Iterable[Service]) -> dict[str, bool]:
    """Whether each service's probe succeeds now."""
    asked = list(services)
    with ThreadPoolExecutor(max(len(asked), 1)) as probes:
        return dict(zip((s.name for s in asked), probes.map(way.probe, asked), strict=True))


def wait_until_healthy(way: Way, services: Iterable[Service], seconds: float, say: Say) -> None:
    """Return once every probe has succeeded; tells of each as it does. Raises NotHealthy after `seconds`."""
    began, missing = time.monotonic(), {service.name: service for service in services}
    while missing:
        states = way.states()
        for name, healthy in healths(way, missing.values()).items():
            if healthy:
                say(f"{name:<16} healthy after {time.monotonic() - began:.0f} s")
                del missing[name]
        # One that has exited is started again; `fatal` is what is no longer tried.
        given_up = [name for name in missing if states.get(name) == "fatal"]
        if given_up or (missing and time.monotonic() - began > seconds):
            name = (given_up or list(missing))[0]
            raise NotHealthy(f"{name} is not healthy ({states.get(name, 'not running')}): see `make logs S={name}`")
        time.sleep(0.5 if missing else 0)
