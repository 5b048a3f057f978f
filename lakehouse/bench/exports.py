"""The data that both sides build from: an export and the day after it, generated once and reused."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters

EVENTS_PER_USER = 24.25


@dataclass(frozen=True)
class Export:
    """Folders of raw files: `base`, and `day` with the rows that arrive on `last_day` (UTC), the day after it."""

    base: Path
    day: Path
    last_day: date

    @property
    def base_as_of(self) -> datetime:
        """The end of the base."""
        return datetime(self.last_day.year, self.last_day.month, self.last_day.day, tzinfo=UTC)

    @property
    def day_as_of(self) -> datetime:
        """The end of the day."""
        return self.base_as_of + timedelta(days=1)


def users_for(events: int) -> int:
    """The number of users that gives about this number of events."""
    return max(1, round(events / EVENTS_PER_USER))


def export_of(users: int, folder: Path, say: Callable[[str], None]) -> Export:
    """The export of that many users in `folder`/data-<users>, with the generator's flaws; generated when it does not exist."""
    parameters = Parameters(users=users)
    last_day = parameters.end - timedelta(days=1)
    out = folder / f"data-{users}"
    if not out.exists():
        say(f"generating data of {users:,} users into {out}")
        generate(replace(parameters, split_from=last_day), out)
    return Export(out / "base", out / "arrivals" / last_day.isoformat(), last_day)
