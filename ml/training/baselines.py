"""What the model is compared with: logistic regression on standardised features, and recency alone."""

from typing import TYPE_CHECKING

import numpy as np

from ml.training.boosting import Labels, Probabilities
from ml.training.encoding import Matrix

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def logistic(matrix: Matrix, labels: Labels) -> "Pipeline":
    """Logistic regression on features without their skew, standardised; a missing one is the median, and said to be missing."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    steps = filled, FunctionTransformer(_without_skew), StandardScaler(), LogisticRegression(max_iter=300, C=0.1)
    return make_pipeline(*steps).fit(matrix, labels)


def probabilities(model: "Pipeline", matrix: Matrix) -> Probabilities:
    """Of leaving, by row."""
    found: Probabilities = model.predict_proba(matrix)[:, 1]
    return found


def _without_skew(matrix: Matrix) -> Matrix:
    """Counts and sums of money have long tails."""
    shrunk: Matrix = np.sign(matrix) * np.log1p(np.abs(matrix))
    return shrunk
