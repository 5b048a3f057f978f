"""How well probabilities tell what was bought: AUC, precision, recall, F1 at a threshold, and precision of the greatest k."""

from dataclasses import asdict, dataclass

import numpy as np

from ml.evaluation.figures import from_each_score

# The AUC of probabilities that know nothing.
CHANCE = 0.5


@dataclass(frozen=True)
class Figures:
    """All from 0 to 1. precision_at_k: of the k examples with the greatest probabilities, or all where there are fewer."""

    auc: float
    precision: float
    recall: float
    f1: float
    precision_at_k: float

    def rounded(self) -> dict[str, float]:
        """By name, with six decimals."""
        return {name: round(value, 6) for name, value in asdict(self).items()}


def figures(probabilities: np.ndarray, bought: np.ndarray, threshold: float, k: int) -> Figures:
    """Of examples of which some were bought and some were not; those that reach the threshold are said to be bought.

    AUC is the probability that a bought one has the greater probability of two, equal ones counted by half.
    """
    from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

    said = probabilities >= threshold
    precision, recall, f1, _ = precision_recall_fscore_support(bought, said, average="binary", zero_division=0)
    greatest = np.argsort(-probabilities, kind="stable")[:k]
    auc = roc_auc_score(bought, probabilities)
    return Figures(float(auc), float(precision), float(recall), float(f1), float(bought[greatest].mean()))


def best_threshold(probabilities: np.ndarray, bought: np.ndarray) -> float:
    """The probability at which F1 is greatest; of several the greatest."""
    thresholds, said, hits = from_each_score(bought, probabilities)
    return float(thresholds[np.argmax(2 * hits / (said + bought.sum()))])


def standard_error(auc: float, bought: int, others: int) -> float:
    """Of an AUC over so many examples of either outcome (Hanley and McNeil 1982, equation 2)."""
    both_above, both_below = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (bought - 1) * (both_above - auc**2) + (others - 1) * (both_below - auc**2)
    return float(np.sqrt(spread / (bought * others)))
