"""Whether a challenger is better than the champion: on the same held-out users, by a paired bootstrap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.evaluation.figures import Figure, Labels, Probabilities, auc, interval, log_loss, resampled

# Columns whose values are segments, and how many users a large one has at least, as a share and in number.
SEGMENTS = ("country", "traffic_source", "main_device")
LARGE_SHARE, LARGE_USERS = 0.1, 100


@dataclass(frozen=True)
class Comparison:
    """Challenger less champion: AUC, log loss (less is better), and AUC by large segment, each with its paired interval."""

    auc: Figure
    log_loss: Figure
    segments: Mapping[str, Figure]

    @property
    def faults(self) -> list[str]:
        """Why the challenger may not take the champion's place, a line each; none where it may."""
        found = []
        if self.auc.low <= 0:
            found.append(f"AUC differs by {_shown(self.auc)}: it is not above 0 with certainty")
        worse = {name: figure for name, figure in self.segments.items() if figure.high < 0}
        return found + [f"AUC of {name} is worse, by {_shown(figure)}" for name, figure in worse.items()]


def compared(
    rows: pa.Table, labels: Labels, champion: Probabilities, challenger: Probabilities, resamples: int, seed: int
) -> Comparison:
    """Both sets of probabilities for the same users, whose features are `rows`."""
    draws = resampled(len(labels), resamples, seed)
    everyone = np.ones(len(labels), dtype=bool)
    by_segment = {name: _auc(labels, champion, challenger, draws, of) for name, of in large_segments(rows).items()}
    losses = [_loss(labels, champion, challenger, weights) for weights in draws]
    loss = Figure(_loss(labels, champion, challenger, np.ones(len(labels))), *interval(np.array(losses)))
    return Comparison(_auc(labels, champion, challenger, draws, everyone), loss, by_segment)


def large_segments(rows: pa.Table, columns: Sequence[str] = SEGMENTS) -> dict[str, NDArray[np.bool_]]:
    """Which rows are of each large segment, by `column=value`."""
    least = max(LARGE_USERS, LARGE_SHARE * rows.num_rows)
    found = {}
    for column in columns:
        for counted in pc.value_counts(rows[column].drop_null()).to_pylist():
            if counted["counts"] >= least:
                is_of = pc.fill_null(pc.equal(rows[column], counted["values"]), False)
                found[f"{column}={counted['values']}"] = is_of.to_numpy(zero_copy_only=False)
    return dict(sorted(found.items()))


def _auc(labels: Labels, one: Probabilities, other: Probabilities, draws: NDArray[np.float64], of: NDArray[np.bool_]) -> Figure:
    labels, one, other = labels[of], one[of], other[of]

    def difference(weights: NDArray[np.float64]) -> float:
        return auc(labels, other, weights) - auc(labels, one, weights)

    return Figure(difference(np.ones(len(labels))), *interval(np.array([difference(weights[of]) for weights in draws])))


def _loss(labels: Labels, one: Probabilities, other: Probabilities, weights: NDArray[np.float64]) -> float:
    return log_loss(labels, other, weights) - log_loss(labels, one, weights)


def _shown(figure: Figure) -> str:
    return f"{figure.value:+.4f} ({figure.low:+.4f} to {figure.high:+.4f})"
