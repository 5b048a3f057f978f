"""Random arrivals of a random lakehouse: files of one to three sources, in several runs, with all that is odd in real data."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from lakehouse.contract.loading import load_sources
from lakehouse.contract.source import Source
from lakehouse.synthetic.parameters import Parameters
from libs.settings.project import PROJECT_ROOT
from tests.equal_lakehouses.invoices import invoices
from tests.lakehouse.refresh.arrivals import Row, Rows, arrivals, small_product, small_shop

MOMENT = datetime(2026, 2, 1, tzinfo=UTC)
LAST_AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
CHOICES = (
    ("thelook",),
    ("product_events",),
    ("online_retail",),
    ("thelook", "product_events"),
    ("online_retail", "product_events"),
    ("thelook", "product_events", "online_retail"),
)


@dataclass(frozen=True)
class Asked:
    """One run over the sources whose folders are below `data`, at a moment, with figures as of another."""

    sources: tuple[str, ...]
    takes: tuple[str, ...]
    data: Path
    moment: datetime
    as_of: datetime
    # Fewer rows of a table Spark's driver writes itself.
    few_rows: int = 50_000


@dataclass(frozen=True)
class Arrivals:
    """A random lakehouse: what each of its runs is asked for, and by which engine where they take turns."""

    runs: Sequence[Asked]
    turns: Sequence[str]
    cut: dict[str, list[Rows]]
    headers: dict[str, list[str]]
    random: Random

    def arrive(self, number: int) -> None:
        """Write the files that are new to a run, a file a table; sometimes an earlier one has other contents now."""
        run = self.runs[number]
        for source in run.takes:
            folder = run.data / source
            folder.mkdir(parents=True, exist_ok=True)
            earlier = sorted(folder.iterdir())
            if earlier and self.random.random() < 0.3:
                _correct(self.random.choice(earlier), self.random)
            for table, rows in self.cut[source][number].items():
                kept = rows if number == 0 or self.random.random() < 0.8 else []
                _write(folder / f"{table}-{number}.csv", kept, self.headers[table])


def declared(names: Sequence[str]) -> list[Source]:
    """The declared sources; invoices beside the shop have ids of their own, and its currency."""
    known = load_sources(sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml")))
    beside = {"id_prefix": "or-", "currency": "USD"} if len(names) > 1 else {}
    return [known[n].model_copy(update=beside) if n == "online_retail" else known[n] for n in names]


def random_arrivals(seed: int, folder: Path) -> Arrivals:
    """The arrivals of a seed, below `folder`."""
    random = Random(seed)
    sources = random.choice(CHOICES)
    runs = random.choice([2, 2, 3, 3])
    whole = {name: _rows(name, random, seed, folder / "made" / name) for name in sources}
    cut = {name: arrivals(whole[name], random, runs) for name in sources}
    headers = {
        table: _header(source, table, rows) for source in declared(sources) for table, rows in whole[source.source].items()
    }
    asked = [_asked(number == runs - 1, number, sources, folder / "data", random) for number in range(runs)]
    pair = random.choice([("native", "spark"), ("spark", "native")])
    return Arrivals(asked, [pair[number % 2] for number in range(runs)], cut, headers, random)


def _asked(is_last: bool, number: int, sources: tuple[str, ...], data: Path, random: Random) -> Asked:
    takes = tuple(name for name in sources if number == 0 or random.random() < 0.8)
    before = timedelta(days=random.choice([0, 0, 1, 40, 400]), hours=random.choice([0, 0, 7]))
    moment, as_of = MOMENT + timedelta(minutes=number), LAST_AS_OF if is_last else LAST_AS_OF - before
    return Asked(sources, takes, data, moment, as_of, random.choice([0, 50_000]))


def _rows(source: str, random: Random, seed: int, folder: Path) -> Rows:
    if source == "online_retail":
        return {"online_retail": invoices(random)}
    start = random.choice([date(2024, 2, 1), date(2025, random.randint(1, 11), random.randint(1, 28))])
    late, duplicates, malformed = (random.choice([0, amount]) for amount in (9, 7, 18))
    users = random.randint(2, 9)
    parameters = Parameters(users=users, seed=seed, start=start, late=late, duplicates=duplicates, malformed=malformed)
    return small_shop(folder, parameters) if source == "thelook" else small_product(folder, parameters)


def _header(source: Source, table: str, rows: Sequence[Row]) -> list[str]:
    return list(rows[0]) if rows else list(source.tables[table].fields)


def _write(file: Path, rows: Sequence[Row], header: Sequence[str]) -> None:
    """The rows as CSV."""
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, header)
        writer.writeheader()
        writer.writerows(rows)


def _correct(file: Path, random: Random) -> None:
    """Leave out some of the file's rows, and double one."""
    with file.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if random.random() < 0.8]
    if rows:
        _write(file, [*rows, rows[0]], list(rows[0]))
