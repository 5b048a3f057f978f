"""The whole benchmark: each engine and the peer build, rows are compared, then one more day is added."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakehouse.bench.exports import Export
from lakehouse.bench.figures import Difference, Figure, ratio
from lakehouse.bench.funnels import EVENTS
from lakehouse.bench.queries import QUERIES, WITHOUT_PEER
from lakehouse.bench.rows import Compared, compared
from lakehouse.bench.sides import CLICKHOUSE, PEER, Built, Counted, Ours, Peer
from lakehouse.catalogue.discovery import catalogue
from libs.engines.choice import ENGINES

Say = Callable[[str], None]


@dataclass(frozen=True)
class First:
    """What one engine did with the base: the full build, its tables against the peer's, funnels, a run with nothing new."""

    full: Built
    same: Mapping[str, Compared]
    events: int
    counted: Counted
    clickhouses: Counted
    idle: Built


@dataclass(frozen=True)
class Day:
    """What one engine did with one more day: the run, its tables against the peer's."""

    built: Built
    same: Mapping[str, Compared]


@dataclass(frozen=True)
class Contest:
    """Builds of both sides below `folder`, which must be empty, from `export`; `say` is called with the progress.

    This project builds with each of the `engines`.
    """

    export: Export
    folder: Path
    say: Say
    engines: Sequence[str] = ENGINES

    def run(self) -> tuple[list[Figure], list[Difference]]:
        """Build from the base, then with one more day. Returns the figures, the engines' beside each other, and the differences.

        Raises InputError when a build fails.
        """
        export, peer = self.export, Peer(self.folder)
        sides = [Ours(self.folder / engine, engine) for engine in self.engines]
        self.say(f"full build by {PEER}")
        peers_full = peer.build([export.base], export.base_as_of)
        first = [self._first(ours, peer) for ours in sides]
        self.say(f"one more day by {PEER}, from all files")
        peers_day = peer.build([export.base, export.day], export.day_as_of)
        days = [self._day(ours, peer) for ours in sides]
        both = list(zip(self.engines, first, days, strict=True))
        figures = [list(self._figures(engine, f, day, peers_full, peers_day)) for engine, f, day in both]
        differing = [difference for engine, f, day in both for difference in _differences(engine, f, day)]
        return [figure for beside in zip(*figures, strict=True) for figure in beside], differing

    def _first(self, ours: Ours, peer: Peer) -> First:
        export = self.export
        self.say(f"full build on engine {ours.engine}")
        full = ours.build(export.base, export.base_as_of)
        same = self._compared(ours, peer)
        self.say(f"funnels on engine {ours.engine} and by ClickHouse")
        counted, clickhouses = ours.funnels(), ours.funnels_by_clickhouse()
        self.say(f"a run with nothing new on engine {ours.engine}")
        idle = ours.build(export.base, export.base_as_of)
        return First(full, same, ours.tables.row_count(EVENTS), counted, clickhouses, idle)

    def _day(self, ours: Ours, peer: Peer) -> Day:
        self.say(f"one more day on engine {ours.engine}")
        return Day(ours.build(self.export.day, self.export.day_as_of), self._compared(ours, peer))

    def _compared(self, ours: Ours, peer: Peer) -> dict[str, Compared]:
        self.say("comparing the rows")
        tables = {name: _declared(name) for name in QUERIES}
        return {full: compared(catalogue()[full].table, ours.tables.arrow(full), peer.path(n)) for n, full in tables.items()}

    def _figures(self, engine: str, first: First, day: Day, peers_full: Built, peers_day: Built) -> Iterator[Figure]:
        yield from _tables(engine, first.full, peers_full, first.same)
        yield _funnels(engine, first)
        yield _whole(engine, "all tables from raw files", self.export.base, first.full, peers_full, first.same)
        yield _whole(engine, "one more day", self.export.day, day.built, peers_day, day.same)
        yield from _shares(engine, first.full, day.built, first.idle)


def _differences(engine: str, first: First, day: Day) -> Iterator[Difference]:
    for found in (first.same, day.same):
        for table, rows in found.items():
            if not rows.are_equal:
                counts = f"rows differ, {rows.ours:,} here on engine {engine} and {rows.peers:,} in the peer"
                yield Difference(table, "\n  ".join([counts, *rows.examples]))
    ours, theirs = first.counted.counts, first.clickhouses.counts
    if ours != theirs:
        yield Difference("funnels", f"counts differ, {ours} here on engine {engine} and {theirs} in the peer")


def _declared(name: str) -> str:
    """The table's name with its layer."""
    return next(full for full in catalogue() if full.endswith(f".{name}"))


def _tables(engine: str, ours: Built, peers: Built, same: Mapping[str, Compared]) -> Iterator[Figure]:
    """A figure for reading the raw files, then one per derived table."""
    without_peer = {_declared(name) for name in WITHOUT_PEER}
    read_by_us = sum(s for t, s in ours.seconds.items() if t not in same and t not in without_peer)
    read_by_peer = sum(s for t, s in peers.seconds.items() if t.startswith("silver."))
    yield _figure(engine, "raw files into typed tables", None, read_by_us, read_by_peer)
    for table, found in same.items():
        seconds = peers.seconds[table.split(".")[1]]
        yield _figure(engine, table, found.ours, ours.seconds[table], seconds, equal=found.are_equal)


def _whole(engine: str, what: str, data: Path, ours: Built, peers: Built, same: Mapping[str, Compared]) -> Figure:
    peaks = ours.whole.peak_mb, peers.whole.peak_mb
    equal = all(c.are_equal for c in same.values())
    return _figure(engine, what, _rows_of(data), ours.whole.seconds, peers.whole.seconds, peaks, equal)


def _funnels(engine: str, first: First) -> Figure:
    ours, clickhouse = first.counted, first.clickhouses
    peaks = ours.whole.peak_mb, clickhouse.whole.peak_mb
    what = f"{len(ours.counts)} funnels over all days, each actor once"
    return _figure(
        engine, what, first.events, ours.seconds, clickhouse.seconds, peaks, ours.counts == clickhouse.counts, CLICKHOUSE
    )


def _shares(engine: str, full: Built, day: Built, idle: Built) -> Iterator[Figure]:
    """One more day as a share of the full build: in total, and less the duration of a run with nothing new."""
    start = idle.whole.seconds
    yield _figure(engine, "a run with nothing new", 0, start, full.whole.seconds, peer="our full build")
    yield _figure(engine, "one more day", None, day.whole.seconds, full.whole.seconds, peer="our full build")
    without = day.whole.seconds - start, full.whole.seconds - start
    yield _figure(engine, "one more day, both less a run with nothing new", None, *without, peer="our full build")


def _figure(
    engine: str,
    what: str,
    rows: int | None,
    ours_s: float,
    peer_s: float,
    peaks_mb: tuple[float | None, float | None] = (None, None),
    equal: bool | None = None,
    peer: str = PEER,
) -> Figure:
    return Figure(what, engine, rows, ours_s, peer, peer_s, ratio(ours_s, peer_s), *peaks_mb, equal)


def _rows_of(data: Path) -> int:
    """Lines of the raw files without their headers; no field has a line break."""
    return sum(_lines(path) - 1 for path in data.glob("*.csv"))


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))
