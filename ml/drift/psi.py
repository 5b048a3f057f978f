"""The population stability index, the size that chance alone gives it, and which of many are no chance."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.drift.histogram import Counts

STABLE, LARGE = 0.1, 0.25
# A bin that one side has no row in counts as half a row there: the logarithm has to be finite.
HALF_A_ROW = 0.5
CHANCE, DRAWS = 0.95, 400


def psi(reference: Counts, now: Counts) -> float:
    """Sum over bins of (q - p) ln(q / p), p and q being the shares of the reference and of now; 0 where one side has no rows."""
    return float(_psi(reference, now)) if reference.sum() and now.sum() else 0.0


def by_chance(reference: Counts, now: Counts, independent_rows: float) -> float:
    """The size that a sample of an unchanged population stays below in 95 of 100 cases.

    independent_rows: what the reference's rows are worth, whose users are in it more than once. Drawn from the shares of both
    together: (1/n + 1/m) times a chi-square, which PSI tends to (Yurdakul and Naranjo 2020), is too low for bins of few users.
    """
    if not _comparable(reference, now):
        return 0.0
    one, other = _worth(reference, now, independent_rows)
    shares, draw = (one + other) / (one + other).sum(), np.random.default_rng(0)
    then, later = (draw.multinomial(max(round(of.sum()), 1), shares, DRAWS) for of in (one, other))
    return float(np.quantile(_psi(then, later), CHANCE))


def p_value(reference: Counts, now: Counts, independent_rows: float) -> float:
    """How likely an unchanged population differs as much: Pearson's chi-square test that both have the same shares.

    To second order it is PSI / (1/n + 1/m), and its level also holds for bins of few users, where the logarithms of PSI give three
    times as many small values as they should. The reference's counts are taken down to `independent_rows` (Rao and Scott 1992):
    who is in it twice, with the same age and country, says that once. Users that are in both make the difference smaller, so that
    alarms by chance are rarer than the level, never more frequent.
    """
    from scipy.stats import chi2_contingency

    if not _comparable(reference, now):
        return 1.0
    return float(chi2_contingency(np.array(_worth(reference, now, independent_rows)), correction=False).pvalue)


def level(value: float) -> str:
    """Stable below 0.1, large above 0.25, else moderate."""
    return "stable" if value < STABLE else "large" if value > LARGE else "moderate"


def discoveries(p_values: Sequence[float], rate: float) -> NDArray[np.bool_]:
    """Which are taken for real so that of those a share of at most `rate` is chance (Benjamini and Hochberg 1995)."""
    values = np.array(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    passing = np.flatnonzero(values[order] <= rate * np.arange(1, len(values) + 1) / max(len(values), 1))
    found = np.zeros(len(values), dtype=bool)
    found[order[: passing[-1] + 1 if len(passing) else 0]] = True
    return found


def _psi(reference: Counts, now: Counts) -> NDArray[np.float64]:
    """Of the last axis. A bin that neither side has rows in counts as none."""
    one, other = (np.maximum(counts, HALF_A_ROW) / counts.sum(axis=-1, keepdims=True) for counts in (reference, now))
    return np.where((reference > 0) | (now > 0), (other - one) * np.log(other / one), 0.0).sum(axis=-1)


def _comparable(reference: Counts, now: Counts) -> bool:
    """Whether both sides have rows, and not all in one bin."""
    return bool(reference.sum() and now.sum() and ((reference > 0) | (now > 0)).sum() > 1)


def _worth(reference: Counts, now: Counts, independent_rows: float) -> tuple[NDArray[np.float64], Counts]:
    """Counts of the bins that either side has rows in; the reference's add up to what they are worth."""
    used = (reference > 0) | (now > 0)
    return reference[used] * (independent_rows / reference.sum()), now[used]
