"""The service in a thread of the test's process, on a free port, with what it said."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from libs.settings.config import Settings
from ml.serving.declaration import Serving


@dataclass(frozen=True)
class Running:
    """A service that answers; `look` makes it look for what is new now."""

    url: str
    served: Any
    said: list[str]

    def look(self) -> list[str]:
        """What it says of it."""
        before = len(self.said)
        self.served.look()
        return self.said[before:]

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **more)

    def predict(self, body: Any, **more: Any) -> requests.Response:
        """Post an object as JSON, or bytes as they are."""
        form = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.post(self.url + "/predict", timeout=30, **form, **more)

    def metric(self, line: str) -> float:
        """The figure of a line of /metrics."""
        found = [text for text in self.get("/metrics").text.splitlines() if text.startswith(line + " ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0


@contextmanager
def running(settings: Settings, keys: str | None = None, is_loaded: bool = True, **said: Any) -> Iterator[Running]:
    """Serve until the block ends; loaded before its first request, unless told otherwise. `said`: of the declaration."""
    import uvicorn

    from ml.serving.app import application
    from ml.serving.limits import Keys
    from ml.serving.metrics import Metrics
    from ml.serving.reloading import Reloading
    from ml.serving.server import LOOPBACK, listening

    lines: list[str] = []
    metrics = Metrics()
    served = Reloading(settings, 30, lines.append, metrics)
    if is_loaded:
        served.look()
    app = application(served, Serving(**said), Keys(keys), metrics)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with listening(LOOPBACK, 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Running(f"http://{LOOPBACK}:{listener.getsockname()[1]}", served, lines)
        server.should_exit = True
        thread.join()
