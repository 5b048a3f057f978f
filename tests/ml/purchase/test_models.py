import numpy as np
import pytest

from ml.purchase import models
from ml.purchase.declaration import Trees
from ml.purchase.features import FEATURES, Examples

xgboost = pytest.importorskip("xgboost")


def test_few_examples_are_learned_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, object]] = []
    train = xgboost.train

    def noted(parameters: dict[str, object], *rest: object, **named: object) -> object:
        given.append(parameters)
        return train(parameters, *rest, **named)

    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr(xgboost, "train", noted)
    count = 200
    bought = np.arange(count) % 2 == 0
    features = np.tile(bought[:, None].astype(np.float64), (1, len(FEATURES)))

    model = models.boosted(Examples(np.zeros(count, np.int64), np.zeros(count, np.int64), features, bought), Trees(rounds=3))

    assert [one["nthread"] for one in given] == [1]
    assert ((model(features) > 0.5) == bought).all()
