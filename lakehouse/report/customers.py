"""Users by engagement tier, and customers by RFM segment."""

from lakehouse.report.data import ReportData, rows_of
from lakehouse.report.numbers import money, percent, whole
from lakehouse.report.sections import Bars, bars

TIERS_SAID = {
    "high": "10 active days or more",
    "medium": "3 to 9 active days",
    "low": "1 or 2 active days",
    "dormant": "active earlier",
    "none": "never active",
}


def tiers(data: ReportData) -> Bars:
    """All users by engagement tier, the most engaged first."""
    order = {name: n for n, name in enumerate(TIERS_SAID)}
    total = float(data.tiers["users"].sum())
    known = sorted(rows_of(data.tiers), key=lambda r: order.get(str(r.engagement_tier), len(order)))
    cells = [
        (
            (
                f"{r.engagement_tier}: {TIERS_SAID.get(str(r.engagement_tier), '')}".removesuffix(": "),
                whole(r.users),
                percent(r.users / total),
                percent(r.customers / r.users),
                money(r.net_revenue / r.users),
                whole(r.net_revenue),
            ),
            float(r.users),
        )
        for r in known
    ]
    head = ["Tier", "Users", "Share", "With orders", "Net revenue per user", "Net revenue"]
    note = f"All known users, by days with an event in the last 90. Net revenue over all time, in {data.about.money}."
    return bars("Users by engagement", head, cells, note, "No users yet.")


def segments(data: ReportData) -> Bars:
    """Customers by RFM segment."""
    cells = [
        (
            (
                str(r.rfm_segment),
                whole(r.customers),
                percent(r.repeat_customers / r.customers),
                whole(r.recency_days),
                money(r.net_revenue / r.customers),
                whole(r.net_revenue),
            ),
            float(r.net_revenue),
        )
        for r in rows_of(data.segments)
    ]
    head = ["Segment", "Customers", "Repeat", "Days since last order", "Net revenue per customer", "Net revenue"]
    note = (
        "Scored 1 to 5 by quintile of recency, frequency and net revenue. Repeat: with two or more orders. Days: mean. "
        f"Net revenue over all time, in {data.about.money}."
    )
    return bars("Customers by RFM segment", head, cells, note, "No orders yet.")
