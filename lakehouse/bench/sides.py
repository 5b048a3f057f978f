"""The two sides of the benchmark, each a separate process on the same raw files."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lakehouse.bench.process import Measured, measured
from libs.settings.project import PROJECT_ROOT
from libs.store.published import Published

THREADS = 2
PEER = f"DuckDB, {THREADS} threads"
CLICKHOUSE = f"ClickHouse (chdb), {THREADS} threads"


@dataclass(frozen=True)
class Built:
    """The duration of a build: the whole process, and seconds by table."""

    whole: Measured
    seconds: dict[str, float]


@dataclass(frozen=True)
class Counted:
    """The duration of counting funnels, without the start of the process, and how many reached each step."""

    whole: Measured
    seconds: float
    counts: dict[str, list[int]]

    @classmethod
    def of(cls, whole: Measured) -> "Counted":
        """The output of the process."""
        return cls(whole, **json.loads(whole.printed))


@dataclass(frozen=True)
class Ours:
    """This project on one engine, native or spark, with its tables, report and log below `folder`."""

    folder: Path
    engine: str

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes."""
        return {**os.environ, "LAKEHOUSE_ENGINE": self.engine, "LAKEHOUSE_MASTER": f"local[{THREADS}]"}

    def build(self, data: Path, as_of: datetime) -> Built:
        """Ingest the raw files of `data` and refresh every table. Raises InputError when the run fails."""
        own = {"LAKEHOUSE_ROOT": self.folder / "lakehouse", "REPORT": self.folder / "report" / "index.html"}
        env = {**self.env, **{name: str(path) for name, path in own.items()}}
        asked = ["--data", str(data), "--source", "thelook", "--as-of", as_of.isoformat(), "--json"]
        whole = measured([sys.executable, "-m", "jobs.refresh", *asked], PROJECT_ROOT, env, self.folder / "ours.log")
        return Built(whole, {t["table"]: t["seconds"] for t in json.loads(whole.printed)["tables"]})

    def funnels(self) -> Counted:
        """Count the funnels of `lakehouse.bench.funnels` over its events. Raises InputError when that fails."""
        command = [sys.executable, "-m", "lakehouse.bench.funnels", str(self.folder / "lakehouse")]
        return Counted.of(measured(command, PROJECT_ROOT, self.env, self.folder / "ours.log"))

    def funnels_by_clickhouse(self) -> Counted:
        """The same over the same files by ClickHouse. Raises InputError when that fails."""
        command = [sys.executable, "-m", "lakehouse.bench.clickhouse", str(self.folder / "lakehouse"), str(THREADS)]
        return Counted.of(measured(command, PROJECT_ROOT, os.environ, self.folder / "peer.log"))

    @property
    def tables(self) -> Published:
        """Its tables."""
        return Published(str(self.folder / "lakehouse"))


@dataclass(frozen=True)
class Peer:
    """DuckDB, with its files below `folder`."""

    folder: Path

    def build(self, data: Sequence[Path], as_of: datetime) -> Built:
        """Build every table from all raw files of `data`. Raises InputError when the run fails."""
        moment = as_of.replace(tzinfo=None).isoformat()
        asked = ["--out", str(self.folder / "peer"), "--as-of", moment, "--threads", str(THREADS), *map(str, data)]
        command = [sys.executable, "-m", "lakehouse.bench.peer", *asked]
        whole = measured(command, PROJECT_ROOT, os.environ, self.folder / "peer.log")
        return Built(whole, json.loads(whole.printed))

    def path(self, table: str) -> Path:
        """The path of the table's rows."""
        return self.folder / "peer" / f"{table}.parquet"
