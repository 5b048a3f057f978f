"""Great Expectations starts in half the time: what it imports, and does not use to judge counts, is left out or comes when it is used."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# It takes those that it misses for not installed.
LEFT_OUT = frozenset({"boto3", "botocore", "pyspark", "sqlalchemy"})
# It imports these in any case, for expectations of distributions.
WHEN_USED = frozenset({"altair", "scipy.stats"})


class Leaner(MetaPathFinder):
    """Finds no module of `left_out`, and those `when_used` so that they are run once something of theirs is asked for."""

    def __init__(self, left_out: frozenset[str], when_used: frozenset[str]) -> None:
        self.left_out, self.when_used = left_out, when_used

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's spec; None where it is imported as usual. Raises ModuleNotFoundError for what is left out."""
        if name in self.left_out:
            raise ModuleNotFoundError(f"{name} is left out: counts are judged without it", name=name)
        found = PathFinder.find_spec(name, path, target) if name in self.when_used else None
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found


def import_less() -> None:
    """From now on, for the whole process: call it before Great Expectations is imported."""
    sys.meta_path.insert(0, Leaner(LEFT_OUT, WHEN_USED))
