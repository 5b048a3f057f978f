"""What is trained, stopped by and tested on: users at cutoffs, split by time and never at random over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from libs.errors import InputError
from libs.store.reader import Reader
from ml.gold import churn_features, churn_labels

# Of fewer users of a kind an AUC says nothing: chance alone moves it by a fifth.
FEWEST = 10


@dataclass(frozen=True)
class Part:
    """Rows of `gold.churn_features`, ordered by cutoff and user, with 1 for those who have left, else 0."""

    rows: pa.Table
    churned: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.churned)

    @property
    def cutoffs(self) -> list[date]:
        """The cutoffs, oldest first."""
        return sorted(pc.unique(self.rows["cutoff"]).to_pylist())


@dataclass(frozen=True)
class Split:
    """Parts by time.

    train: the older cutoffs; stop: the last but one, by which training stops, probabilities are calibrated and thresholds are
    chosen; test: the last one, which nothing is chosen by.
    """

    train: Part
    stop: Part
    test: Part


def split(tables: Reader, cutoffs: Sequence[date]) -> Split:
    """The published rows of these cutoffs, which are at least three. Raises InputError where a part has fewer than FEWEST of a kind."""
    rows = _labelled(tables, cutoffs)
    *older, last_but_one, last = sorted(cutoffs)
    parts = [_part(rows, days) for days in (older, [last_but_one], [last])]
    for part, days in zip(parts, (older, [last_but_one], [last]), strict=True):
        _check(part, days)
    return Split(*parts)


def at_cutoff(tables: Reader, day: date) -> Part:
    """The published rows of one cutoff. Raises InputError where it has fewer than FEWEST of a kind."""
    part = _part(_labelled(tables, [day]), [day])
    _check(part, [day])
    return part


def _labelled(tables: Reader, cutoffs: Sequence[date]) -> pa.Table:
    wanted = pc.field("cutoff").isin(list(cutoffs))
    features = tables.arrow(churn_features.TABLE.name).to_table(filter=wanted)
    labels = tables.arrow(churn_labels.TABLE.name).to_table(["user_id", "cutoff", "churned"], filter=wanted)
    joined = features.join(labels, keys=["user_id", "cutoff"], join_type="inner")
    return joined.sort_by([("cutoff", "ascending"), ("user_id", "ascending")])


def _part(rows: pa.Table, days: Sequence[date]) -> Part:
    part = rows.filter(pc.is_in(rows["cutoff"], pa.array(days, pa.date32())))
    return Part(part.drop_columns(["churned"]), part["churned"].to_numpy().astype(np.int8))


def _check(part: Part, days: Sequence[date]) -> None:
    named = f"cutoff {days[0]}" if len(days) == 1 else f"cutoffs {days[0]} to {days[-1]}"
    if not len(part):
        raise InputError(
            f"churn: nobody was active before the {named}: there is nothing to learn from; "
            "fewer or closer cutoffs may do (conf/models.yaml: churn.cutoffs, step_days)"
        )
    if part.churned.min() == part.churned.max():
        what, other = ("every user has left", "longer") if part.churned[0] else ("no user has left", "shorter")
        raise InputError(
            f"churn: {what} after the {named}, of {len(part):,}: a model needs users of both kinds; "
            f"a {other} horizon may have them (conf/models.yaml: churn.horizon_days)"
        )
    left = int(part.churned.sum())
    if min(left, len(part) - left) < FEWEST:
        raise InputError(
            f"churn: {left:,} of {len(part):,} users have left after the {named}: a model needs {FEWEST} of both kinds at the least; "
            "more users, or another horizon, may have them (conf/models.yaml: churn.horizon_days)"
        )
