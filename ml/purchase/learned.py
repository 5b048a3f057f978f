"""Both models beside each other: trained, chosen between and judged on cutoffs that follow each other in time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.purchase.cutoffs import cutoffs
from ml.purchase.declaration import PurchaseSection
from ml.purchase.evaluation import CHANCE, Figures, best_threshold, figures, standard_error
from ml.purchase.features import Examples, Pairs, examples
from ml.purchase.models import Model, learners


@dataclass(frozen=True)
class Judged:
    """A model's threshold and AUC on the cutoffs of validation, and its figures on those of the test."""

    threshold: float
    auc: float
    test: Figures


@dataclass(frozen=True)
class Learned:
    """What became of each model, the simpler first, and the one that is taken, trained again on all cutoffs.

    best: its name; its AUC on the cutoffs of validation is the greater one, of equal ones it is the simpler model.
    bought, tested: how many examples of the test were bought, and how many there were.
    """

    judged: Mapping[str, Judged]
    best: str
    model: Model
    bought: int
    tested: int

    def lines(self, declared: PurchaseSection) -> list[str]:
        """Remarks: the figures beside each other, and which model is taken."""
        found = "; ".join(
            f"{name} AUC {j.test.auc:.3f}, precision {j.test.precision:.3f}, recall {j.test.recall:.3f}, F1 {j.test.f1:.3f}, "
            f"precision@{declared.top} {j.test.precision_at_k:.3f}"
            for name, j in self.judged.items()
        )
        aucs = ", ".join(f"{name} {j.auc:.3f}" for name, j in self.judged.items())
        within = f"{self.bought:,} of {self.tested:,} viewed products were bought within {declared.horizon_days} days of the test"
        return [
            f"purchase: {within}: {found}",
            f"purchase: {self.best} is taken by the AUC on the days before that: {aucs}{self._doubt()}",
        ]

    def _doubt(self) -> str:
        auc = self.judged[self.best].test.auc
        is_clear = auc - CHANCE > 2 * standard_error(auc, self.bought, self.tested - self.bought)
        return "" if is_clear else f"; its AUC in the test, {auc:.3f}, may be chance"


@dataclass(frozen=True)
class TooLittle:
    """One part of the cutoffs has fewer than the declared number of either outcome."""

    part: str
    bought: int
    examples: int

    def line(self, declared: PurchaseSection) -> str:
        """A remark."""
        return (
            f"purchase: {self.bought:,} of {self.examples:,} products that users had viewed and not ordered, at the cutoffs to {self.part} by, "
            f"were bought within {declared.horizon_days} days; {declared.least_bought} bought and as many not are needed "
            "(purchase.least_bought): nothing is learned, gold.purchase_propensity is empty"
        )


def learned(pairs: Pairs, prices: np.ndarray, today: int, declared: PurchaseSection) -> Learned | TooLittle:
    """Learn from what was known, and became of it, before the start of `today` (days since 1970-01-01, UTC)."""
    days, found = cutoffs(today, declared), dict[str, Examples]()
    # The fewest are judged first: where they are too few, nothing else is computed.
    for name, part in {"test": days.test, "validate": days.validation, "train": days.train}.items():
        found[name] = Examples.together([_at(pairs, prices, day, declared) for day in part])
        bought, count = int(found[name].bought.sum()), len(found[name].bought)
        if min(bought, count - bought) < declared.least_bought:
            return TooLittle(name, bought, count)
    return _compared(found["train"], found["validate"], found["test"], declared)


def _at(pairs: Pairs, prices: np.ndarray, day: int, declared: PurchaseSection) -> Examples:
    return examples(pairs, prices, day, declared.window_days, declared.horizon_days)


def _compared(train: Examples, validation: Examples, test: Examples, declared: PurchaseSection) -> Learned:
    learn = learners(declared)
    judged = {name: _judged(learner(train), validation, test, declared) for name, learner in learn.items()}
    every = Examples.together([train, validation, test])
    best = max(judged, key=lambda name: judged[name].auc)
    return Learned(judged, best, learn[best](every), int(test.bought.sum()), len(test.bought))


def _judged(model: Model, validation: Examples, test: Examples, declared: PurchaseSection) -> Judged:
    before = model(validation.features)
    threshold = best_threshold(before, validation.bought)
    auc = figures(before, validation.bought, threshold, declared.top).auc
    return Judged(threshold, auc, figures(model(test.features), test.bought, threshold, declared.top))
