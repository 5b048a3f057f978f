from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from libs.once import Once


def test_it_is_computed_once_whoever_asks() -> None:
    numbers = count(1)
    value = Once(lambda: next(numbers))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: value(), range(20))) == [1] * 20


def test_two_values_are_computed_side_by_side() -> None:
    together = Barrier(2, timeout=20)
    values = [Once(together.wait), Once(together.wait)]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda value: value(), values)) == [0, 1]


def test_after_an_error_it_is_computed_again() -> None:
    answers = iter([ZeroDivisionError, None])

    def compute() -> int:
        error = next(answers)
        if error:
            raise error
        return 7

    value = Once(compute)
    with pytest.raises(ZeroDivisionError):
        value()
    assert value() == 7
