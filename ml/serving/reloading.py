"""What is served is looked after beside the requests: loaded anew, and put in place of the former by one assignment."""

import gc
from collections.abc import Callable
from threading import Event, Thread

from libs.settings.config import Settings
from ml.serving.loading import Loaded, Loading
from ml.serving.metrics import Metrics
from ml.tables import Say


class Reloading:
    """Looks every so many seconds. `current` is what requests are answered from; a request takes it once, and keeps it to its end."""

    def __init__(self, settings: Settings, seconds: float, say: Say, metrics: Metrics) -> None:
        """Nothing is loaded yet."""
        self.current = Loaded()
        self._settings, self._seconds, self._say, self._metrics = settings, seconds, say, metrics
        self._stopped = Event()

    def start(self) -> Callable[[], None]:
        """Look from now on, in a thread of its own; returns what ends it."""
        Thread(target=self._run, name="reloading", daemon=True).start()
        return self._stopped.set

    def look(self) -> None:
        """Load what is new, and serve it from now on; say what is, or why it is not."""
        before = self.current
        now = Loading(self._settings, before).loaded()
        new = [part for name, part in now.parts.items() if part is not before.parts.get(name)]
        self.current = now
        for line in [*(f"now served: {part.said}" for part in new), *_unheard(now, before)]:
            self._say(line)
        self._metrics.looked(len(new), len(now.faults), now.predictions)

    def _run(self) -> None:
        self.look()
        # What is loaded by now stays: searching all of it for garbage again and again would keep requests waiting.
        gc.collect()
        gc.freeze()
        while not self._stopped.wait(self._seconds):
            self.look()


def _unheard(now: Loaded, before: Loaded) -> list[str]:
    """Faults are said once, not with every look."""
    goes_on = {name: "; what was served before goes on" if name in now.parts else "" for name in now.faults}
    return [f"{fault}{goes_on[name]}" for name, fault in now.faults.items() if before.faults.get(name) != fault]
