"""What each buyer is expected to buy, and for how much, within a horizon.

Grain: one row per user with an order before `cutoff_date`; the newest estimates only. An order is one with a line that was sold and
not cancelled; all of one UTC day are one purchase. Values are net revenue, not discounted and before costs.
Purchases are BG/NBD's, spend is Gamma-Gamma's (`ml.value`), fitted to all buyers by maximum likelihood; parameters, likelihood and
numbers of customers are in the commit. The names are the literature's: frequency counts purchases after the first one, recency is the
age at the last one (`gold.customer_metrics` has days since the last order).
Intervals cover what the data leave open about the parameters, thus about the expectation: not how much one customer's purchases
vary around it, and not how far customers are from the model, for which `make value ARGS=--calibrate` compares with held-out days.
Limits: customers buy independently of each other, season and trend; who bought once is active for sure in BG/NBD; spend
per purchase is independent of frequency. Without enough buyers who bought again the table has no rows, and without enough
of positive spend no value.
"""

from libs.tables import DATE, DOUBLE, INTEGER, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.customer_value",
    comment="Purchases and value expected of each buyer within a horizon",
    columns=[
        Column("user_id", STRING, "user who bought", nullable=False),
        Column("cutoff_date", DATE, "day from which on the horizon runs; orders before it are known", "UTC day", nullable=False),
        Column("frequency", INTEGER, "days with a purchase after the first one", "days", nullable=False),
        Column("recency_days", INTEGER, "days from the first purchase to the last one", "days", nullable=False),
        Column("age_days", INTEGER, "days from the first purchase to the last day before cutoff_date", "days", nullable=False),
        Column("mean_order_value", DOUBLE, "net revenue per purchase after the first one, empty without one", "currency"),
        Column("horizon_days", INTEGER, "days that are looked ahead, from cutoff_date on", "days", nullable=False),
        Column("probability_alive", DOUBLE, "probability that the user still buys", "rate 0 to 1", nullable=False),
        Column("expected_purchases", DOUBLE, "expected days with a purchase within the horizon", "days", nullable=False),
        Column("expected_purchases_low", DOUBLE, "lower end of its confidence interval", "days"),
        Column("expected_purchases_high", DOUBLE, "upper end of its confidence interval", "days"),
        Column("expected_order_value", DOUBLE, "expected net revenue per purchase", "currency"),
        Column("expected_value", DOUBLE, "expected_purchases x expected_order_value", "currency"),
        Column("expected_value_low", DOUBLE, "lower end of its confidence interval", "currency"),
        Column("expected_value_high", DOUBLE, "upper end of its confidence interval", "currency"),
    ],
    primary_key=["user_id"],
    sources=["silver.order_items"],
    refresh=ByJob("estimate_value"),
    expectations=[
        fail("frequency >= 0 and recency_days between 0 and age_days", "the last purchase is observed"),
        fail("(frequency = 0) = (recency_days = 0)", "who bought on one day has no other last day"),
        fail("(frequency = 0) = (mean_order_value is null)", "exactly who bought again has an order value"),
        fail("probability_alive between 0 and 1"),
        fail("frequency > 0 or probability_alive = 1", "nobody leaves before the second purchase"),
        fail("expected_purchases >= 0"),
        fail("expected_purchases between expected_purchases_low and expected_purchases_high"),
        fail("expected_value >= 0 and expected_value between expected_value_low and expected_value_high"),
    ],
)
