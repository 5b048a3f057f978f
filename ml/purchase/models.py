"""Two models of whether a viewed product is bought: each learns from examples, and then gives probabilities."""

from collections.abc import Callable, Mapping

import numpy as np

from ml.purchase.declaration import PurchaseSection, Trees
from ml.purchase.features import FEATURES, Examples
from ml.training.boosting import threads_for

# Features (examples by FEATURES) to probabilities.
Model = Callable[[np.ndarray], np.ndarray]


def learners(declared: PurchaseSection) -> Mapping[str, Callable[[Examples], Model]]:
    """Each model by name, the simpler first; examples have both outcomes."""
    return {"logistic": logistic, "xgboost": lambda examples: boosted(examples, declared.trees)}


def logistic(examples: Examples) -> Model:
    """Logistic regression on the standardised logarithms; where there is no value, the mean and a mark."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    filled = SimpleImputer(add_indicator=True, keep_empty_features=True)
    pipeline = make_pipeline(filled, StandardScaler(), LogisticRegression(max_iter=1000))
    # The variance of a column of one value may come out a rounding below 0, which the scaler takes for none.
    with threadpool_limits(1, "blas"), np.errstate(invalid="ignore"):
        pipeline.fit(_logged(examples.features), examples.bought)
    return lambda features: np.asarray(pipeline.predict_proba(_logged(features))[:, 1], np.float64)


def boosted(examples: Examples, trees: Trees) -> Model:
    """Gradient-boosted trees; a missing value goes its own way."""
    import xgboost

    threads = threads_for(len(examples.bought))
    declared = {name: value for name, value in trees.model_dump().items() if name != "rounds"}
    parameters = {"objective": "binary:logistic", "tree_method": "hist", "nthread": threads, **declared}
    taken = xgboost.DMatrix(examples.features, examples.bought, feature_names=list(FEATURES), nthread=threads)
    booster = xgboost.train(parameters, taken, num_boost_round=trees.rounds)
    return lambda features: np.asarray(booster.inplace_predict(features), np.float64)


def _logged(features: np.ndarray) -> np.ndarray:
    """Counts, days and prices differ by factors; a negative price is none."""
    return np.log1p(np.maximum(features, 0))
