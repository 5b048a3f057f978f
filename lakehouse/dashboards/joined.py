"""Datasets that join gold tables, where a chart needs the names of one and the numbers of another.

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

JOINED = (
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
