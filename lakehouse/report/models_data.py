"""What the page shows of models: the newest version's figures and curves, targets, value by segment, drift."""

from dataclasses import dataclass, field

import pandas as pd

from libs.store.snapshot import Snapshot

TABLES = (
    *("gold.model_performance", "gold.model_curves", "gold.retention_targets", "gold.customer_value", "gold.customer_metrics"),
    *("gold.drift", "gold.churn_scores", "gold.recommendations", "gold.purchase_propensity"),
)
TARGETS, LIKELY, DRIFTED = 10, 10, 10

PERFORMANCE = """select model, metric, value, low, high, users, cutoff, model_version from gold.model_performance
    where kind = 'held_out' and model_version = (select max_by(model_version, try_cast(model_version as integer))
        from gold.model_performance) order by model, metric"""
CURVES = """select curve, position, label, x, y, users from gold.model_curves
    where model_version = (select max_by(model_version, try_cast(model_version as integer)) from gold.model_curves)
    order by curve, position"""
TARGET_ROWS = f"""select rank, user_id, churn_probability, expected_value, reason_1 from gold.retention_targets
    order by rank limit {TARGETS}"""
VALUE = """select coalesce(rfm_segment, 'without orders') as segment, count(*) as customers,
        avg(probability_alive) as probability_alive, sum(expected_purchases) as expected_purchases,
        sum(expected_value) as expected_value, any_value(horizon_days) as horizon_days
    from gold.customer_value join gold.customer_metrics using (user_id) group by all order by expected_value desc nulls last, segment"""
LIKELY_ROWS = f"""select user_id, coalesce(name, product_id) as product, purchase_probability, days_since_view, horizon_days, method
    from gold.purchase_propensity left join (select product_id, name from silver.products) using (product_id)
    order by purchase_probability desc, user_id, product_id limit {LIKELY}"""
DRIFT = f"""select kind, name, psi, psi_by_chance, level, is_alarm, users from gold.drift
    where checked_at = (select max(checked_at) from gold.drift) order by is_alarm desc, psi desc, name limit {DRIFTED}"""


@dataclass(frozen=True)
class ModelsData:
    """The frames, with the columns of the queries above; one has neither rows nor columns where its table does not exist yet."""

    performance: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    targets: pd.DataFrame = field(default_factory=pd.DataFrame)
    value: pd.DataFrame = field(default_factory=pd.DataFrame)
    likely: pd.DataFrame = field(default_factory=pd.DataFrame)
    drift: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_models(snapshot: Snapshot) -> ModelsData:
    """Read from the newest versions of TABLES."""

    def rows(query: str, *names: str) -> pd.DataFrame:
        return snapshot.rows(query) if all(name in snapshot for name in names) else pd.DataFrame()

    return ModelsData(
        rows(PERFORMANCE, "gold.model_performance"),
        rows(CURVES, "gold.model_curves"),
        rows(TARGET_ROWS, "gold.retention_targets"),
        rows(VALUE, "gold.customer_value", "gold.customer_metrics"),
        rows(LIKELY_ROWS, "gold.purchase_propensity", "silver.products"),
        rows(DRIFT, "gold.drift"),
    )
