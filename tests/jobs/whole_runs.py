"""The main job as its user meets it: a command in a process of its own, with a lakehouse of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from deltalake import DeltaTable

from libs.settings.project import PROJECT_ROOT

Facts = Mapping[str, pd.DataFrame]
# What tells of runs, and not of the data, differs from run to run.
OF_A_RUN = ("gold.quality_results", "gold.refresh_results", "gold.reconciliation")
QUICK_SPARK = """
lock_wait_seconds: 240
spark:
  catalog: in-memory
  driver_memory: 2g
  shuffle_partitions: 1
  snapshot_partitions: 1
  java_options: "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC"
  conf: {spark.sql.codegen.wholeStage: "false", spark.sql.codegen.factoryMode: NO_CODEGEN}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Job:
    """The main job for the lakehouse below `folder`, with more settings of the caller's in `conf`."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "conf").mkdir(parents=True, exist_ok=True)
        (self.folder / "conf" / "base.yaml").write_text(QUICK_SPARK)

    @property
    def root(self) -> Path:
        """Where its tables are."""
        return self.folder / "lakehouse"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that the command is run with."""
        own = {"LAKEHOUSE_ROOT": self.root, "CONF": self.folder / "conf", "REPORT": self.folder / "report" / "index.html"}
        return {**os.environ, **{k: str(v) for k, v in own.items()}, "LAKEHOUSE_PSEUDONYM_KEY": "key of the test"}

    def start(self, *arguments: str, job: str = "refresh") -> subprocess.Popen[str]:
        """In a process group of its own, so that its Java can be killed with it."""
        return subprocess.Popen(
            [sys.executable, "-m", f"jobs.{job}", *arguments],
            cwd=PROJECT_ROOT,
            env=dict(self.environment),
            text=True,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, job: str = "refresh") -> Ended:
        """Run it to its end."""
        return ended(self.start(*arguments, job=job))

    def table(self, name: str) -> pd.DataFrame:
        """The rows of a table."""
        return DeltaTable(str(self.root / name.replace(".", "/"))).to_pandas()

    def names(self, *layers: str) -> Sequence[str]:
        """The tables of these layers."""
        return sorted(f"{layer}.{path.name}" for layer in layers for path in (self.root / layer).iterdir())

    def facts(self) -> Facts:
        """Every silver, gold and quarantine table as sorted text, without the moment of arrival and what tells of runs."""
        found = {}
        for name in self.names("silver", "gold", "quarantine"):
            if name not in OF_A_RUN:
                rows = self.table(name).drop(columns="_ingested_at", errors="ignore").astype(str)
                found[name] = rows.sort_values(list(rows.columns)).reset_index(drop=True)
        return found


def ended(process: subprocess.Popen[str]) -> Ended:
    """How the process ended; waits for it."""
    out, err = process.communicate(timeout=900)
    return Ended(process.returncode, out, err)


def assert_same(found: Facts, expected: Facts) -> None:
    """Both hold the same tables with the same rows."""
    assert list(found) == list(expected)
    for name, rows in found.items():
        pd.testing.assert_frame_equal(rows, expected[name], obj=name)
