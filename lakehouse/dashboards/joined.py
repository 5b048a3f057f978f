"""Datasets that join gold tables, where a chart needs the names of one and the numbers of another, or the newest rows of a history.

They read only gold and aggregate nothing: charts do. A column has the description of the column that it comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Joined:
    """A query over gold tables; `origins` names, for each of its columns, the table and column whose meaning it has."""

    name: str
    comment: str
    sql: str
    origins: Mapping[str, str]


def _same(table: str, *columns: str) -> dict[str, str]:
    return {column: f"{table}.{column}" for column in columns}


PRODUCT = {"product": "gold.product_performance.name", **_same("gold.product_performance", "category", "brand", "department")}
CUSTOMER = _same("gold.customer_metrics", "rfm_segment", "engagement_tier")
_NAMED = """
  coalesce(p.name, 'unknown') as product, coalesce(p.category, 'unknown') as category,
  coalesce(p.brand, 'unknown') as brand, coalesce(p.department, 'unknown') as department,
  coalesce(u.rfm_segment, 'no orders') as rfm_segment, coalesce(u.engagement_tier, 'none') as engagement_tier
"""

_SEGMENT = """coalesce(u.rfm_segment, 'no orders') as rfm_segment, coalesce(u.engagement_tier, 'none') as engagement_tier"""
REASONS = ("reason_1", "reason_2", "reason_3")

# What models said, for the dashboard Models.
OF_MODELS = (
    Joined(
        name="newest_scores",
        comment="The newest score of each active user, with the customer's segment",
        sql=f"""select
  s.user_id, s.scored_at, s.churn_probability, s.risk_band, s.model_version,
  {_SEGMENT}
from gold.churn_scores s
left join gold.customer_metrics u on s.user_id = u.user_id
where s.scored_at = (select max(scored_at) from gold.churn_scores)""",
        origins={
            **_same("gold.churn_scores", "user_id", "scored_at", "churn_probability", "risk_band", "model_version"),
            **CUSTOMER,
        },
    ),
    Joined(
        name="explained_targets",
        comment="Users whose offer has the highest expected value, with all reasons of the score and the customer's segment",
        sql=f"""select
  t.user_id, t.`rank`, t.expected_value, t.churn_probability, s.risk_band, s.reason_1, s.reason_2, s.reason_3, t.scored_at,
  {_SEGMENT}
from gold.retention_targets t
left join gold.churn_scores s on t.user_id = s.user_id and t.scored_at = s.scored_at
left join gold.customer_metrics u on t.user_id = u.user_id""",
        origins={
            **_same("gold.retention_targets", "user_id", "rank", "expected_value", "churn_probability", "scored_at"),
            **_same("gold.churn_scores", "risk_band", *REASONS),
            **CUSTOMER,
        },
    ),
    Joined(
        name="newest_drift",
        comment="The newest check of drift",
        sql="""select
  d.checked_at, d.kind, d.name, d.model_version, d.users, d.psi, d.psi_by_chance, d.p_value, d.level, d.missing_rate,
  d.reference_missing_rate, d.new_values, d.is_alarm
from gold.drift d
where d.checked_at = (select max(checked_at) from gold.drift)""",
        origins=_same(
            "gold.drift",
            *("checked_at", "kind", "name", "model_version", "users", "psi", "psi_by_chance", "p_value", "level"),
            *("missing_rate", "reference_missing_rate", "new_values", "is_alarm"),
        ),
    ),
    Joined(
        name="newest_curves",
        comment="Lift, gain, calibration and importance of the newest version of the churn model",
        sql="""select
  c.model_version, c.curve, c.position, c.label, c.x, c.y, c.users
from gold.model_curves c
where try_cast(c.model_version as int) = (select max(try_cast(model_version as int)) from gold.model_curves)""",
        origins=_same("gold.model_curves", "model_version", "curve", "position", "label", "x", "y", "users"),
    ),
    Joined(
        name="predicted_and_left",
        comment="Probabilities and what came of them: tenths of held-out users, and every scored user whose horizon is over",
        sql="""select
  c.model_version, 'held out' as kind, c.x as predicted, c.y as observed, c.users
from gold.model_curves c
where c.curve = 'calibration'
union all
select
  s.model_version, 'realised' as kind, s.churn_probability as predicted, cast(l.churned as double) as observed, 1L as users
from gold.churn_scores s
inner join gold.churn_labels l on s.user_id = l.user_id and cast(s.scored_at as date) = l.cutoff""",
        origins={
            **_same("gold.model_curves", "model_version", "users"),
            "kind": "gold.model_performance.kind",
            "predicted": "gold.churn_scores.churn_probability",
            "observed": "gold.churn_labels.churned",
        },
    ),
    Joined(
        name="value_by_segment",
        comment="What each buyer is expected to buy and spend, with the customer's segment",
        sql=f"""select
  v.user_id, v.cutoff_date, v.horizon_days, v.probability_alive, v.expected_purchases, v.expected_order_value, v.expected_value,
  {_SEGMENT}
from gold.customer_value v
left join gold.customer_metrics u on v.user_id = u.user_id""",
        origins={
            **_same(
                "gold.customer_value",
                *("user_id", "cutoff_date", "horizon_days", "probability_alive", "expected_purchases"),
                *("expected_order_value", "expected_value"),
            ),
            **CUSTOMER,
        },
    ),
    Joined(
        name="recommended_products",
        comment="Products recommended to each user, with the product's name and the customer's segment",
        sql=f"""select
  r.user_id, r.`rank`, r.product_id, r.method,{_NAMED}from gold.recommendations r
left join gold.product_performance p on r.product_id = p.product_id
left join gold.customer_metrics u on r.user_id = u.user_id""",
        origins={**_same("gold.recommendations", "user_id", "rank", "product_id", "method"), **PRODUCT, **CUSTOMER},
    ),
)

JOINED = (
    *OF_MODELS,
    Joined(
        name="cross_sell_by_product",
        comment="Products that a customer viewed and has not bought, with the product's name and the customer's segment",
        sql=f"""select
  c.user_id, c.product_id, c.product_views, c.cart_additions, c.last_viewed_at, c.user_group,
  c.estimated_lost_revenue,{_NAMED}from gold.cross_sell_candidates c
left join gold.product_performance p on c.product_id = p.product_id
left join gold.customer_metrics u on c.user_id = u.user_id""",
        origins={
            **_same(
                "gold.cross_sell_candidates",
                *(
                    "user_id",
                    "product_id",
                    "product_views",
                    "cart_additions",
                    "last_viewed_at",
                    "user_group",
                    "estimated_lost_revenue",
                ),
            ),
            **PRODUCT,
            **CUSTOMER,
        },
    ),
    Joined(
        name="product_affinity",
        comment="Customers' interest in products by day, with the product's name and the customer's segment",
        sql=f"""select
  i.activity_date, i.actor_id as user_id, i.product_id, i.product_views, i.cart_additions,{_NAMED}from gold.product_interest_daily i
left join gold.product_performance p on i.product_id = p.product_id
left join gold.customer_metrics u on i.actor_id = u.user_id
where i.is_identified""",
        origins={
            **_same("gold.product_interest_daily", "activity_date", "product_id", "product_views", "cart_additions"),
            "user_id": "gold.customer_metrics.user_id",
            **PRODUCT,
            **CUSTOMER,
        },
    ),
)
