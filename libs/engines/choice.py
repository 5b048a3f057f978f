"""Which engine computes the tables in this process: decided once, before anything of it is computed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from libs.engines.process import was_submitted
from libs.engines.spark_conf import is_local
from libs.settings.config import Settings
from libs.settings.memory import GIGABYTE, bytes_of

ENGINES = ("native", "spark")
AVAILABLE = Path("/proc/meminfo")


@dataclass(frozen=True)
class Choice:
    """The engine, `native` or `spark`, and why `auto` did not take the native one, where it did not."""

    engine: str
    why: str | None = None


def chosen(settings: Settings, estimate: Callable[[], int]) -> Choice:
    """The engine for work that needs about as many bytes of memory as `estimate` returns; on a cluster always Spark.

    `auto` takes the native engine where the tables are computed on this machine and the work fits into its free memory, and
    into `native_memory` where that is set.
    """
    if was_submitted() or not is_local(settings):
        # A cluster computes with Spark, whatever is asked for.
        return Choice("spark")
    if settings.engine != "auto":
        return Choice(settings.engine)
    needed = estimate()
    room = bytes_of(settings.native_memory) if settings.native_memory else free_memory()
    if room is None or needed <= room:
        return Choice("native")
    return Choice("spark", f"engine spark: the native one would need about {_shown(needed)} of memory, and has {_shown(room)}")


def free_memory() -> int | None:
    """Bytes that programs can still take without swapping; None where the system does not report it."""
    if not AVAILABLE.exists():
        return None
    lines = dict(line.split(":", 1) for line in AVAILABLE.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024


def _shown(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"
