"""SMOTE (Chawla et al. 2002): synthetic rows of the rarer class between its rows and their neighbours."""

import numpy as np

from ml.training.boosting import Sample


def with_synthetic(sample: Sample, seed: int) -> Sample:
    """The rows with so many synthetic ones that both classes have as many. Missing values are the column's median.

    A class with fewer rows than neighbours are needed is left as it is.
    """
    from imblearn.over_sampling import SMOTE

    fewest = min(int((sample.labels == label).sum()) for label in (0, 1))
    if fewest < 2:
        return sample
    neighbours = min(5, fewest - 1)
    filled = np.where(np.isnan(sample.matrix), np.nan_to_num(np.nanmedian(sample.matrix, axis=0)), sample.matrix)
    matrix, labels = SMOTE(random_state=seed, k_neighbors=neighbours).fit_resample(filled, sample.labels)
    return Sample(matrix.astype(np.float32), labels.astype(np.int8))
