"""Past days at which it is asked what was known, to train, validate and test by: no outcome of one part reaches into the next."""

from dataclasses import dataclass

from ml.purchase.declaration import PurchaseSection


@dataclass(frozen=True)
class Cutoffs:
    """Days since 1970-01-01, the newest first; what is known at one is of the days before it."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def cutoffs(today: int, declared: PurchaseSection) -> Cutoffs:
    """Those whose outcomes are known at the start of `today`: each part's before the first cutoff of the next one begins."""
    test = _before(today, declared.test_cutoffs, declared)
    validation = _before(test[-1], declared.validation_cutoffs, declared)
    return Cutoffs(_before(validation[-1], declared.train_cutoffs, declared), validation, test)


def _before(end: int, count: int, declared: PurchaseSection) -> tuple[int, ...]:
    return tuple(end - declared.horizon_days - n * declared.step_days for n in range(count))
