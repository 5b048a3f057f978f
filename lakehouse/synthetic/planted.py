"""The laws that users, prices and orders follow in every export, to check results against."""

from typing import Any

from lakehouse.synthetic import churn, orders, seasonality, shopping


def planted() -> dict[str, Any]:
    """The laws that users and prices follow in every export."""
    return {
        "yearly_growth_of_signups": seasonality.YEARLY_GROWTH,
        "yearly_amplitude": seasonality.YEARLY_AMPLITUDE,
        "yearly_peak_day_of_year": seasonality.YEARLY_PEAK_DAY,
        "weekday_levels_from_monday": list(seasonality.WEEKDAY_LEVELS),
        "churn_hazard_per_day": churn.BASE_HAZARD_PER_DAY,
        "churn_factor_by_traffic_source": dict(zip(churn.TRAFFIC_SOURCES, churn.TRAFFIC_SOURCE_FACTORS, strict=True)),
        "churn_factor_by_country": {**churn.COUNTRY_FACTORS, "other": 1.0},
        "churn_factor_by_age_from": dict(
            zip(map(str, (churn.AGES[0], *churn.AGE_GROUP_STARTS)), churn.AGE_GROUP_FACTORS, strict=True)
        ),
        "session_rate_gamma_shape": churn.RATE_SHAPE,
        "sessions_once_drifted": seasonality.DRIFT,
        "price_elasticity_of_buying": shopping.PRICE_ELASTICITY,
        "buy_probability_at_median_price": shopping.BUY_AT_MEDIAN_PRICE,
        "order_status_shares": dict(zip(orders.STATUSES, orders.STATUS_SHARES, strict=True)),
    }
