"""The whole benchmark: both sides build, their rows are compared, then one more day is added."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lakehouse.bench.exports import Export
from lakehouse.bench.funnels import EVENTS
from lakehouse.bench.queries import QUERIES, WITHOUT_PEER
from lakehouse.bench.rows import Compared, compared
from lakehouse.bench.sides import CLICKHOUSE, PEER, Built, Counted, Ours, Peer
from lakehouse.catalogue.discovery import catalogue

Say = Callable[[str], None]


@dataclass(frozen=True)
class Figure:
    """One line of the benchmark: seconds and megabytes of both sides; `ratio` is ours by the peer's.

    Rows are those of the table, or those read. A value that was not compared or can't be measured is None.
    """

    what: str
    rows: int | None
    ours_s: float
    peer: str
    peer_s: float | None
    ratio: float | None
    ours_peak_mb: float | None = None
    peer_peak_mb: float | None = None
    equal: bool | None = None


@dataclass(frozen=True)
class Difference:
    """A table whose rows differ between the sides, or funnels whose counts do, with what differs."""

    what: str
    description: str

    @classmethod
    def of_rows(cls, table: str, found: Compared) -> "Difference":
        """The numbers of rows, and examples of those that differ."""
        counts = f"rows differ, {found.ours:,} here and {found.peers:,} in the peer"
        return cls(table, "\n  ".join([counts, *found.examples]))


@dataclass(frozen=True)
class Contest:
    """Builds of both sides below `folder`, which must be empty, from `export`; `say` is called with the progress."""

    export: Export
    folder: Path
    say: Say

    def run(self) -> tuple[list[Figure], list[Difference]]:
        """Build from the base, then with one more day; returns the figures and the differences.

        Raises InputError when a build fails.
        """
        ours, peer, export = Ours(self.folder), Peer(self.folder), self.export
        self.say("full build by this project")
        full = ours.build(export.base, export.base_as_of)
        self.say(f"full build by {PEER}")
        peers_full = peer.build([export.base], export.base_as_of)
        same = self._compared(ours, peer)
        self.say("funnels by this project and by ClickHouse")
        counted, clickhouses = ours.funnels(), ours.funnels_by_clickhouse()
        funnels = _funnels(ours.tables.row_count(EVENTS), counted, clickhouses)
        self.say("a run with nothing new")
        idle = ours.build(export.base, export.base_as_of)
        self.say("one more day by this project")
        day = ours.build(export.day, export.day_as_of)
        self.say(f"the same by {PEER}, from all files")
        peers_day = peer.build([export.base, export.day], export.day_as_of)
        same_day = self._compared(ours, peer)
        figures = [
            *_tables(full, peers_full, same),
            funnels,
            _whole("all tables from raw files", export.base, full, peers_full, same),
        ]
        figures += [_whole("one more day", export.day, day, peers_day, same_day), *_shares(full, day, idle)]
        differing = [Difference.of_rows(t, c) for found in (same, same_day) for t, c in found.items() if not c.are_equal]
        if counted.counts != clickhouses.counts:
            differing.append(Difference("funnels", f"counts differ, {counted.counts} here and {clickhouses.counts} in the peer"))
        return figures, differing

    def _compared(self, ours: Ours, peer: Peer) -> dict[str, Compared]:
        self.say("comparing the rows")
        tables = {name: _declared(name) for name in QUERIES}
        return {full: compared(catalogue()[full].table, ours.tables.arrow(full), peer.path(n)) for n, full in tables.items()}


def _declared(name: str) -> str:
    """The table's name with its layer."""
    return next(full for full in catalogue() if full.endswith(f".{name}"))


def _tables(ours: Built, peers: Built, same: dict[str, Compared]) -> Iterator[Figure]:
    """A figure for reading the raw files, then one per derived table."""
    without_peer = {_declared(name) for name in WITHOUT_PEER}
    read_by_us = sum(s for t, s in ours.seconds.items() if t not in same and t not in without_peer)
    read_by_peer = sum(s for t, s in peers.seconds.items() if t.startswith("silver."))
    yield _figure("raw files into typed tables", None, read_by_us, read_by_peer)
    for table, found in same.items():
        seconds = peers.seconds[table.split(".")[1]]
        yield _figure(table, found.ours, ours.seconds[table], seconds, equal=found.are_equal)


def _whole(what: str, data: Path, ours: Built, peers: Built, same: dict[str, Compared]) -> Figure:
    peaks = ours.whole.peak_mb, peers.whole.peak_mb
    equal = all(c.are_equal for c in same.values())
    return _figure(what, _rows_of(data), ours.whole.seconds, peers.whole.seconds, peaks, equal)


def _funnels(events: int, ours: Counted, clickhouse: Counted) -> Figure:
    peaks = ours.whole.peak_mb, clickhouse.whole.peak_mb
    what = f"{len(ours.counts)} funnels over all days, each actor once"
    return _figure(what, events, ours.seconds, clickhouse.seconds, peaks, ours.counts == clickhouse.counts, CLICKHOUSE)


def _shares(full: Built, day: Built, idle: Built) -> Iterator[Figure]:
    """One more day as a share of the full build: in total, and less the duration of a run with nothing new."""
    start = idle.whole.seconds
    yield _figure("a run with nothing new", 0, start, full.whole.seconds, peer="our full build")
    yield _figure("one more day", None, day.whole.seconds, full.whole.seconds, peer="our full build")
    without = day.whole.seconds - start, full.whole.seconds - start
    yield _figure("one more day, both less a run with nothing new", None, *without, peer="our full build")


def _figure(
    what: str,
    rows: int | None,
    ours_s: float,
    peer_s: float,
    peaks_mb: tuple[float | None, float | None] = (None, None),
    equal: bool | None = None,
    peer: str = PEER,
) -> Figure:
    ratio = ours_s / peer_s if peer_s > 0 else None
    return Figure(what, rows, ours_s, peer, peer_s, ratio, *peaks_mb, equal)


def _rows_of(data: Path) -> int:
    """Lines of the raw files without their headers; no field has a line break."""
    return sum(_lines(path) - 1 for path in data.glob("*.csv"))


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))
