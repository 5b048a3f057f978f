"""Recency, frequency and monetary scores, and the segments that they define.

A score is 1 + floor(5 x the share of buyers who are strictly worse): 1 to 5, 5 is best, and equal values score equally.
Where most buyers are equal (one order each), they share the lowest score, as nobody is worse than they are.

Segments are the usual ten, named by recency score r and by fm, the mean of frequency and monetary score rounded half up:

| r | fm 1 | fm 2 | fm 3 | fm 4 | fm 5 |
|---|---|---|---|---|---|
| 5 | New customers | Potential loyalists | Potential loyalists | Champions | Champions |
| 4 | Promising | Potential loyalists | Potential loyalists | Loyal customers | Loyal customers |
| 3 | About to sleep | About to sleep | Need attention | Loyal customers | Loyal customers |
| 1, 2 | Hibernating | Hibernating | At risk | At risk | Can't lose them |
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

SEGMENTS = {
    "Champions": "r = 5 and fm >= 4",
    "Loyal customers": "r between 3 and 4 and fm >= 4",
    "Potential loyalists": "r >= 4 and fm between 2 and 3",
    "New customers": "r = 5 and fm = 1",
    "Promising": "r = 4 and fm = 1",
    "Need attention": "r = 3 and fm = 3",
    "About to sleep": "r = 3 and fm <= 2",
    "Can't lose them": "r <= 2 and fm = 5",
    "At risk": "r <= 2 and fm between 3 and 4",
    "Hibernating": "r <= 2 and fm <= 2",
}


def rfm_scores(buyers: DataFrame) -> DataFrame:
    """user_id, the three scores and rfm_segment of each of `buyers` (user_id, recency_days, orders, net_revenue)."""
    scores = buyers.select(
        "user_id",
        _quintile_score(F.desc("recency_days")).alias("recency_score"),
        _quintile_score(F.asc("orders")).alias("frequency_score"),
        _quintile_score(F.asc("net_revenue")).alias("monetary_score"),
    )
    fm = "cast(floor((frequency_score + monetary_score + 1) / 2) as int)"
    named = scores.selectExpr("*", "recency_score as r", f"{fm} as fm").withColumn("rfm_segment", _segment())
    return named.drop("r", "fm")


def _quintile_score(worst_first: Column) -> Column:
    """Score of each row among all rows, which `worst_first` orders."""
    everyone = Window.partitionBy()
    until_now = everyone.orderBy(worst_first).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    whole = everyone.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    worse, buyers = F.rank().over(until_now) - 1, F.count(F.lit(1)).over(whole)
    return (1 + F.floor(worse * 5 / buyers)).cast("int")


def _segment() -> Column:
    cases = " ".join(f'when {condition} then "{name}"' for name, condition in SEGMENTS.items())
    return F.expr(f"case {cases} end")
