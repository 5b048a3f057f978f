"""What one part of the cutoffs learns from is over before the next part begins."""

from hypothesis import given
from hypothesis import strategies as st

from ml.purchase.cutoffs import cutoffs
from ml.purchase.declaration import PurchaseSection

few = st.integers(1, 9)


@given(few, few, few, few, few)
def test_no_outcome_reaches_into_the_next_part(horizon: int, step: int, train: int, validation: int, test: int) -> None:
    declared = PurchaseSection(
        horizon_days=horizon, step_days=step, train_cutoffs=train, validation_cutoffs=validation, test_cutoffs=test
    )
    found = cutoffs(1000, declared)

    assert (len(found.train), len(found.validation), len(found.test)) == (train, validation, test)
    assert max(found.train) + horizon == min(found.validation)
    assert max(found.validation) + horizon == min(found.test)
    assert max(found.test) + horizon == 1000
