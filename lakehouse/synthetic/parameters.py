"""The parameters of the generator.

The span has fixed defaults and the clock is never read, so that the same parameters give the same bytes on any day.
"""

from dataclasses import dataclass
from datetime import date, timedelta

FORMATS = ("csv", "csv.gz", "parquet", "jsonl", "jsonl.gz")
SECONDS_PER_DAY = 86_400
EPOCH = date(1970, 1, 1)


def epoch_day(day: date) -> int:
    """The number of days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


def calendar_date(day: int) -> date:
    """The calendar day that is `day` days after 1970-01-01."""
    return EPOCH + timedelta(days=day)


@dataclass(frozen=True)
class Parameters:
    """The size, span, form and flaws of an export.

    `start` is the first day and `end` the first day after the last (UTC). `late`, `duplicates` and `malformed` are
    shares of the rows when below 1 and numbers of rows when 1 or more. With `split_from`, rows that arrive on that day
    or later go to a folder per day of arrival. From `drift_from` on users come more often, as `lakehouse.synthetic.seasonality` says.
    """

    users: int = 20_000
    seed: int = 7
    start: date = date(2023, 1, 1)
    end: date = date(2026, 1, 1)
    file_format: str = "csv"
    late: float = 0.01
    duplicates: float = 0.002
    malformed: float = 0.001
    split_from: date | None = None
    drift_from: date | None = None
    users_per_chunk: int = 20_000

    def __post_init__(self) -> None:
        problems = self._problems()
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def first_day(self) -> int:
        """The first day of the span, in days since 1970-01-01."""
        return epoch_day(self.start)

    @property
    def end_day(self) -> int:
        """The first day after the span, in days since 1970-01-01."""
        return epoch_day(self.end)

    @property
    def chunks(self) -> int:
        """How many chunks of users the export is generated in."""
        return -(-self.users // self.users_per_chunk)

    def _problems(self) -> list[str]:
        checks = {
            f"users must be 1 or more, not {self.users}": self.users < 1,
            f"seed must be 0 or more, not {self.seed}": self.seed < 0,
            f"users_per_chunk must be 1 or more, not {self.users_per_chunk}": self.users_per_chunk < 1,
            f"start {self.start} must be before end {self.end}": self.start >= self.end,
            f"format must be one of {', '.join(FORMATS)}, not {self.file_format}": self.file_format not in FORMATS,
        }
        for name in ("late", "duplicates", "malformed"):
            amount = getattr(self, name)
            is_amount = 0 <= amount < 1 or (float(amount).is_integer() and amount >= 1)
            checks[f"{name} must be a share below 1 or a whole number of rows, not {amount}"] = not is_amount
        for name in ("split_from", "drift_from"):
            day = getattr(self, name)
            if day is not None:
                checks[f"{name} {day} must be between {self.start} and {self.end}"] = not self.start < day < self.end
        return [problem for problem, is_present in checks.items() if is_present]
