"""The models' whole benchmark: facts are generated, then features, training and scoring run beside their peers, one at a time."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from lakehouse.bench.figures import Difference, Figure, ratio
from lakehouse.bench.process import measured
from lakehouse.bench.rows import Compared, compared
from lakehouse.bench.sides import PEER, THREADS
from libs.engines.choice import ENGINES
from libs.settings.project import PROJECT_ROOT
from libs.store.published import Published
from ml.bench.features import ENGINE
from ml.bench.shop import CUTOFFS, cutoffs
from ml.gold.churn_features import TABLE

Say = Callable[[str], None]
Found = Iterator[Figure | Difference]
XGBOOST = f"XGBoost, {THREADS} threads"
# What is asked of the ratios: features, training, and 80 % of the rows per second and core.
FEATURES_AT_MOST, TRAINING_AT_MOST, SCORING_AT_MOST = 2.0, 2.0, 1 / 0.8
# Of an AUC, and of a margin in log-odds: both sides have the same model and the same 32-bit features.
AUC_WITHIN, MARGIN_WITHIN = 0.005, 1e-6


@dataclass(frozen=True)
class Run:
    """What a process printed, and its peak memory in megabytes."""

    printed: Mapping[str, Any]
    peak_mb: float | None

    @property
    def seconds(self) -> float:
        """Of the work, without the process's and the engine's start."""
        return float(self.printed["seconds"])


@dataclass(frozen=True)
class Models:
    """The benchmark below `folder`, which must be empty, over the facts of `users`; `rows` are trained on.

    Of scoring this project's side runs on each of the `engines`; features are of the native engine, training is of Spark.
    """

    users: int
    rows: int
    folder: Path
    say: Say
    engines: Sequence[str] = ENGINES

    def run(self) -> tuple[list[Figure], list[Difference]]:
        """The figures, and what differs between the sides. Raises InputError when a process fails."""
        self.say(f"generating facts of {self.users:,} users")
        self._run("shop", self.root, self.users)
        found = [*self._features(), *self._training()]
        for what in ("reasons", "margins"):
            found += self._scoring(what)
        return [f for f in found if isinstance(f, Figure)], [d for d in found if isinstance(d, Difference)]

    @property
    def root(self) -> Path:
        """The tables."""
        return self.folder / "lakehouse"

    def _features(self) -> Found:
        what, peers = f"features at {CUTOFFS} cutoffs", self.folder / "features.parquet"
        self.say(f"{what} by {PEER}")
        peer = self._run("features_peer", self.root, peers, THREADS)
        self.say(f"{what} on engine {ENGINE}")
        ours = self._run("features", self.root)
        self.say("comparing the rows")
        by_cutoff = _features_compared(self.root, peers)
        rows, equal = sum(same.ours for same in by_cutoff), all(same.are_equal for same in by_cutoff)
        remark = f"of {self.users:,} users and {Published(str(self.root)).row_count('silver.events'):,} events"
        yield _figure(what, ENGINE, rows, ours, PEER, peer, FEATURES_AT_MOST, equal, remark)
        for same in by_cutoff:
            if not same.are_equal:
                counts = f"rows differ, {same.ours:,} here on engine {ENGINE} and {same.peers:,} in the peer"
                yield Difference(TABLE.name, "\n  ".join([counts, *same.examples]))

    def _training(self) -> Found:
        what = f"training, xgboost.spark on {THREADS} workers"
        self.say(f"labels of {self.rows:,} rows")
        self._run("labelled", self.root, self.rows)
        self.say(f"training by {XGBOOST}")
        peer = self._run("training", "process", self.root, self.model)
        self.say(what)
        ours = self._run("training", "workers", self.root, self.folder / "by_workers")
        aucs = float(ours.printed["auc"]), float(peer.printed["auc"])
        equal, described = abs(aucs[0] - aucs[1]) <= AUC_WITHIN, f"AUC {aucs[0]:.4f}, of the peer {aucs[1]:.4f}"
        trees = f"{ours.printed['trees']} and {peer.printed['trees']} trees"
        remark = f"{described}; {trees}; Spark's start, {ours.printed['start']:.1f} s, is not in it"
        yield _figure(what, "spark", int(ours.printed["rows"]), ours, XGBOOST, peer, TRAINING_AT_MOST, equal, remark)
        if not equal:
            yield Difference("training", f"{described}: they differ by more than {AUC_WITHIN}")

    @property
    def model(self) -> Path:
        """The model that is scored by: that of the single process."""
        return self.folder / "by_process"

    def _scoring(self, what: str) -> Found:
        """What is scored: `reasons` or `margins`."""
        named = {"reasons": "scores with reasons", "margins": "scores without reasons"}[what]
        self.say(f"{named} by {XGBOOST}")
        peers = self.folder / f"{what}.parquet"
        peer = self._run("scoring", "process", what, self.root, self.model, peers)
        for engine in self.engines:
            self.say(f"{named} on engine {engine}")
            path = self.folder / f"{what}-{engine}.parquet"
            ours = self._run("scoring", engine, what, self.root, self.model, path, engine=engine)
            rows, differing = _margins_compared(path, peers)
            remark = _speed(rows, ours.seconds, peer.seconds, float(peer.printed["prediction"]))
            yield _figure(named, engine, rows, ours, XGBOOST, peer, SCORING_AT_MOST, not differing, remark)
            if differing:
                yield Difference(named, f"{differing:,} margins differ between engine {engine} and the peer")

    def _run(self, module: str, *arguments: object, engine: str = "native") -> Run:
        env = {
            **os.environ,
            "LAKEHOUSE_ENGINE": engine,
            "LAKEHOUSE_MASTER": f"local[{THREADS}]",
            "LAKEHOUSE_ROOT": str(self.root),
        }
        command = [sys.executable, "-m", f"ml.bench.{module}", *map(str, arguments)]
        whole = measured(command, PROJECT_ROOT, env, self.folder / f"{module}.log")
        return Run(json.loads(whole.printed or "{}"), whole.peak_mb)


def _figure(what: str, engine: str, rows: int, ours: Run, by: str, peer: Run, at_most: float, equal: bool, remark: str) -> Figure:
    took = ratio(ours.seconds, peer.seconds)
    return Figure(
        what,
        engine,
        rows,
        ours.seconds,
        by,
        peer.seconds,
        took,
        ours.peak_mb,
        peer.peak_mb,
        equal,
        at_most=at_most,
        remark=remark,
    )


def _features_compared(root: Path, peers: Path) -> list[Compared]:
    """Cutoff by cutoff, which bounds the memory."""
    rows = Published(str(root)).arrow(TABLE.name)
    found = [compared(TABLE, rows, peers, where=f"cutoff = date '{cutoff.day}'") for cutoff in cutoffs()]
    return [same for same in found if same.ours or same.peers]


def _margins_compared(ours: Path, peers: Path) -> tuple[int, int]:
    """The number of rows, and of margins that differ; a user's are told by their order."""
    sides = [pq.read_table(path).sort_by([("user_id", "ascending"), ("margin", "ascending")]) for path in (ours, peers)]
    rows = [side.num_rows for side in sides]
    if rows[0] != rows[1] or not sides[0]["user_id"].combine_chunks().equals(sides[1]["user_id"].combine_chunks()):
        return rows[0], max(rows)
    margins = [side["margin"].to_numpy() for side in sides]
    return rows[0], int((np.abs(margins[0] - margins[1]) > MARGIN_WITHIN).sum())


def _speed(rows: int, ours_s: float, peer_s: float, prediction_s: float) -> str:
    ours, peer, prediction = (rows / seconds / THREADS for seconds in (ours_s, peer_s, prediction_s))
    return (
        f"{ours:,.0f} rows a second and core, {ours / peer:.0%} of the peer's {peer:,.0f}, "
        f"and {ours / prediction:.0%} of its {prediction:,.0f} without reading"
    )
