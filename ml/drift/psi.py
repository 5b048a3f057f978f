"""The population stability index, the size that chance alone gives it, and which of many are no chance."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.drift.histogram import Counts

STABLE, LARGE = 0.1, 0.25
# A bin that one side has no row in counts as half a row there: the logarithm has to be finite.
HALF_A_ROW = 0.5
CHANCE = 0.95


def psi(reference: Counts, now: Counts) -> float:
    """Sum over bins of (q - p) ln(q / p), p and q being the shares of the reference and of now; 0 where one side has no rows."""
    if not reference.sum() or not now.sum():
        return 0.0
    one, other = (np.maximum(counts, HALF_A_ROW) / counts.sum() for counts in _of_use(reference, now))
    return float(((other - one) * np.log(other / one)).sum())


def by_chance(reference: Counts, now: Counts) -> float:
    """The size that a sample of an unchanged population stays below in 95 of 100 cases.

    PSI is then about (1/n + 1/m) times a chi-square of as many degrees of freedom as there are bins less one (Yurdakul and
    Naranjo 2020).
    """
    from scipy.stats import chi2

    scale, freedom = _chance(reference, now)
    return float(scale * chi2.ppf(CHANCE, freedom)) if freedom else 0.0


def p_value(reference: Counts, now: Counts) -> float:
    """How likely an unchanged population shows as large a PSI."""
    from scipy.stats import chi2

    scale, freedom = _chance(reference, now)
    return float(chi2.sf(psi(reference, now) / scale, freedom)) if freedom else 1.0


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


def _of_use(reference: Counts, now: Counts) -> tuple[Counts, Counts]:
    """The bins that either side has rows in."""
    used = (reference > 0) | (now > 0)
    return reference[used], now[used]


def _chance(reference: Counts, now: Counts) -> tuple[float, int]:
    if not reference.sum() or not now.sum():
        return 1.0, 0
    one, _ = _of_use(reference, now)
    return 1 / float(reference.sum()) + 1 / float(now.sum()), len(one) - 1
