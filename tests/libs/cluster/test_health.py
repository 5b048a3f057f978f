"""Waiting for services whose processes start and end."""

from dataclasses import dataclass, field

import pytest

from libs.cluster.definition import Service
from libs.cluster.health import NotHealthy, wait_until_healthy

THRIFT = Service("thrift", "start.sh", "ready.sh", [], [], {}, "TERM")


@dataclass
class Reported:
    """A way to run the service that reports these states, one per call, then the last one; it is healthy while running."""

    reported: list[str]
    now: str = field(default="")

    def states(self) -> dict[str, str]:
        self.now = self.reported.pop(0) if len(self.reported) > 1 else self.reported[0]
        return {"thrift": self.now}

    def probe(self, service: Service) -> bool:
        return self.now == "running"


def test_one_that_exited_and_is_started_again_is_waited_for() -> None:
    said: list[str] = []
    wait_until_healthy(Reported(["exited", "starting", "running"]), [THRIFT], 30, said.append)
    assert [line.split()[0] for line in said] == ["thrift"]


@pytest.mark.parametrize(("states", "seconds"), [(["starting", "fatal"], 30), (["exited"], 1)])
def test_one_that_is_no_longer_restarted_or_not_healthy_in_time_is_named(states: list[str], seconds: float) -> None:
    with pytest.raises(NotHealthy, match=rf"thrift is not healthy \({states[-1]}\): see `make logs S=thrift`"):
        wait_until_healthy(Reported(states), [THRIFT], seconds, lambda line: None)
