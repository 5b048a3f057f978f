"""What the benchmarks report: a line each, and what differs between the sides."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the benchmark: seconds and megabytes of both sides; `ratio` is ours by the peer's, `at_most` what it is to be.

    Ours computed with `engine`. Rows are those of the table, or those read. `equal`: whether the results are the same. A value
    that was not compared, can't be measured or is not asked for is None. `remark`: what else was measured.
    """

    what: str
    engine: str
    rows: int | None
    ours_s: float
    peer: str
    peer_s: float | None
    ratio: float | None
    ours_peak_mb: float | None = None
    peer_peak_mb: float | None = None
    equal: bool | None = None
    at_most: float | None = None
    remark: str = ""


@dataclass(frozen=True)
class Difference:
    """A table whose rows differ between the sides, or other results that do, with what differs."""

    what: str
    description: str


def ratio(ours_s: float, peer_s: float) -> float | None:
    """Ours by the peer's, where the peer took any time."""
    return ours_s / peer_s if peer_s > 0 else None
