"""What Prometheus is told: requests with their times, reloads, the version that scores, and how old its features are."""

from datetime import UTC, datetime, time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ml.serving.predictions import Predictions

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The figures of one process; routes are those that are declared, and `other`, so that their number is bounded."""

    def __init__(self) -> None:
        """All are zero; there is no version."""
        self._registry = CollectorRegistry()
        self._requests = Counter("lakehouse_requests", "Requests", ["route", "status"], registry=self._registry)
        self._seconds = Histogram(
            "lakehouse_request_seconds", "From request to answer", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self._reloads = Counter("lakehouse_reloads", "Parts that were loaded, or not", ["result"], registry=self._registry)
        self._version = Gauge("lakehouse_model_version", "1 for the version that scores", ["version"], registry=self._registry)
        self._users = Gauge("lakehouse_scored_users", "Users with a score", registry=self._registry)
        age = Gauge("lakehouse_features_age_seconds", "Since the cutoff of the features", registry=self._registry)
        age.set_function(self._age)
        self._predictions: Predictions | None = None
        for result in ("loaded", "refused"):
            self._reloads.labels(result)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def looked(self, loaded: int, refused: int, predictions: Predictions | None) -> None:
        """So many parts were loaded and refused, and these scores are served."""
        self._reloads.labels("loaded").inc(loaded)
        self._reloads.labels("refused").inc(refused)
        if predictions is not None and predictions is not self._predictions:
            self._predictions = predictions
            self._version.clear()
            self._version.labels(predictions.number).set(1)
            self._users.set(len(predictions.rows))

    def text(self) -> bytes:
        """All of them, in Prometheus' text form."""
        return generate_latest(self._registry)

    def _age(self) -> float:
        if self._predictions is None:
            return float("nan")
        return (datetime.now(UTC) - datetime.combine(self._predictions.cutoff, time.min, UTC)).total_seconds()
