"""Factors of users and products by implicit-feedback alternating least squares (Hu, Koren and Volinsky 2008).

A user's preference for a product is 1 where they met, else 0; how sure that is grows with the weight: 1 + alpha x log(1 + weight).
Two implementations of one interface: `implicit` on this machine, pyspark.ml on a classic Spark session.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from libs.engines.checkpoints import checkpoints
from ml.recommendations.declaration import Factors
from ml.recommendations.ranking import Vectors
from ml.recommendations.threads import threads

# Takes the weights of users by products (sparse) and the declaration; users and products without any have vectors of zeros.
Factorise = Callable[[Any, Factors], Vectors]


def on_this_machine(weights: Any, declared: Factors) -> Vectors:
    """By `implicit`: the same vectors for the same weights, however many threads there are."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    confidence = weights.log1p() * declared.alpha
    confidence.data += 1
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=declared.number,
            regularization=declared.regularization,
            iterations=declared.iterations,
            random_state=declared.seed,
            num_threads=threads(confidence.nnz),
        )
        model.fit(confidence.astype(np.float32), show_progress=False)
    return _without_strangers(Vectors(model.user_factors, model.item_factors), weights)


def on_spark(spark: SparkSession, root: str) -> Factorise:
    """By pyspark.ml, with checkpoints below `root`; its regularization is multiplied by a user's or product's interactions."""

    def factorise(weights: Any, declared: Factors) -> Vectors:
        with checkpoints(spark, root):
            model = _als(declared).fit(spark.createDataFrame(_cells(weights)).coalesce(1))
            factors = model.userFactors.toArrow(), model.itemFactors.toArrow()
        users, products = (_dense(rows, count, declared) for rows, count in zip(factors, weights.shape, strict=True))
        return Vectors(users, products)

    return factorise


def _als(declared: Factors) -> Any:
    from pyspark.ml.recommendation import ALS

    return ALS(
        rank=declared.number,
        maxIter=declared.iterations,
        regParam=declared.regularization,
        alpha=declared.alpha,
        implicitPrefs=True,
        seed=declared.seed,
        checkpointInterval=5,
        userCol="user",
        itemCol="product",
        ratingCol="rating",
    )


def _cells(weights: Any) -> pa.Table:
    cells = weights.log1p().tocoo()
    return pa.table({"user": cells.row.astype(np.int32), "product": cells.col.astype(np.int32), "rating": cells.data})


def _dense(rows: pa.Table, count: int, declared: Factors) -> np.ndarray:
    """Rows of pyspark.ml, `id` and `features`, as a matrix."""
    dense = np.zeros((count, declared.number), np.float32)
    features = rows["features"].combine_chunks()
    dense[rows["id"].to_numpy()] = features.flatten().to_numpy().reshape(-1, declared.number)
    return dense


def _without_strangers(vectors: Vectors, weights: Any) -> Vectors:
    """Users and products without interactions keep no start value."""
    known_users, known_products = np.diff(weights.indptr) > 0, np.bincount(weights.indices, minlength=weights.shape[1]) > 0
    return Vectors(vectors.users * known_users[:, None], vectors.products * known_products[:, None])
