"""The features of the churn model: what `gold.churn_features` says, for any list of cutoffs, past ones and the present alike."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from ml.features.cutoffs import Cutoff
from ml.features.declaration import Churn, Kind
from ml.features.facts import Facts, daily, device_days, product_days
from ml.features.known import was_known
from ml.gold.churn_features import LONGEST_WINDOW, TABLE, WINDOWED, WINDOWS

USER_AND_CUTOFF = ("user_id", "cutoff")
REVENUES = ("revenue_ever", *(f"revenue_{days}" for days in WINDOWS))
# A day is a bit of a long: the last day before the cutoff is the first.
DAY_BIT = "shiftleft(cast(1 as bigint), ago - 1)"


def churn_features(facts: Facts, cutoffs: Sequence[Cutoff], churn: Churn) -> DataFrame:
    """The rows of `gold.churn_features` of these cutoffs."""
    counted = _counted(_seen(daily(facts), cutoffs), churn)
    judged = counted.where(F.col(f"active_days_{LONGEST_WINDOW}") > 0).where(_is_judged(churn))
    parts = [_breadth(facts, cutoffs), _main_device(facts, cutoffs), _of_user(facts, cutoffs)]
    rows = judged
    for part in parts:
        rows = rows.join(part, on=list(USER_AND_CUTOFF), how="left")
    return rows.select(*[_of_column(column.name).cast(column.type).alias(column.name) for column in TABLE.columns])


def is_active(kinds: Sequence[Kind]) -> Column:
    """Whether a day of `ml.features.facts.daily` has activity of the kinds that are declared."""
    conditions = {"event": F.col("events") > 0, "order": F.col("orders") > 0}
    first, *others = (conditions[kind] for kind in kinds)
    for other in others:
        first = first | other
    return first


def _seen(rows: DataFrame, cutoffs: Sequence[Cutoff]) -> DataFrame:
    """Each row once for every cutoff at which it counts, with the cutoff and how many days before it its `day` is."""
    counting = _known_at(rows, cutoffs).where(F.col("day") < F.col("cutoff"))
    return counting.withColumn("ago", F.datediff("cutoff", "day"))


def _counted(seen: DataFrame, churn: Churn) -> DataFrame:
    """Sums and ages by user and cutoff."""
    active = is_active(churn.active)
    days = F.bit_or(F.when(active & (F.col("ago") <= LONGEST_WINDOW), F.expr(DAY_BIT))).alias("_days")
    sums = [_within(name, w).alias(f"{name}_{w}") for name in WINDOWED if name != "active_days" for w in WINDOWS]
    ever = [F.sum(name).alias(f"{name}_ever") for name in ("sessions", "orders", "revenue", "returned_lines")]
    ages = [
        F.min(F.when(active, F.col("ago"))).alias("recency_days"),
        F.max(F.when(active, F.col("ago"))).alias("days_since_first_activity"),
        F.min(F.when(F.col("orders") > 0, F.col("ago"))).alias("days_since_order"),
        F.max("ago").alias("_first_fact"),
    ]
    counted = seen.groupBy(*USER_AND_CUTOFF).agg(days, *sums, *ever, *ages)
    masked = F.coalesce(F.col("_days"), F.lit(0).cast("bigint"))
    return counted.withColumns({f"active_days_{w}": F.bit_count(masked.bitwiseAND(F.lit((1 << w) - 1))) for w in WINDOWS})


def _within(name: str, days: int) -> Column:
    return F.coalesce(F.sum(F.when(F.col("ago") <= days, F.col(name))), F.lit(0))


def _is_judged(churn: Churn) -> Column:
    return F.col("recency_days") <= churn.active_window_days


def _breadth(facts: Facts, cutoffs: Sequence[Cutoff]) -> DataFrame:
    recent = _seen(product_days(facts), cutoffs).where(F.col("ago") <= LONGEST_WINDOW)
    seen = recent.select(*USER_AND_CUTOFF, "product_id").distinct()
    of_products = _known_at(facts.products, cutoffs).select("product_id", "cutoff", "category")
    with_category = seen.join(of_products, on=["product_id", "cutoff"], how="left")
    by_category = with_category.groupBy(*USER_AND_CUTOFF, "category").agg(F.count("*").alias("products"))
    return by_category.groupBy(*USER_AND_CUTOFF).agg(
        F.sum("products").alias("distinct_products_60"), F.count("category").alias("distinct_categories_60")
    )


def _main_device(facts: Facts, cutoffs: Sequence[Cutoff]) -> DataFrame:
    """The device of most events, of several the first by name."""
    recent = _seen(device_days(facts), cutoffs).where(F.col("ago") <= LONGEST_WINDOW)
    counted = recent.groupBy(*USER_AND_CUTOFF, "device").agg(F.sum("events").alias("_events"))
    best_first = Window.partitionBy(*USER_AND_CUTOFF).orderBy(F.desc("_events"), "device")
    first = counted.withColumn("_place", F.row_number().over(best_first)).where("_place = 1")
    return first.select(*USER_AND_CUTOFF, F.col("device").alias("main_device"))


def _of_user(facts: Facts, cutoffs: Sequence[Cutoff]) -> DataFrame:
    known = _known_at(facts.users, cutoffs)
    signed_up = F.datediff("cutoff", F.to_date("created_at"))
    return known.select(*USER_AND_CUTOFF, signed_up.alias("_signed_up"), "country", "traffic_source", "gender", "age")


def _known_at(rows: DataFrame, cutoffs: Sequence[Cutoff]) -> DataFrame:
    """Each row once for every cutoff at which it was known, with the cutoff."""
    moments = [F.struct(F.lit(c.day).alias("cutoff"), F.lit(c.known_before).alias("before")) for c in cutoffs]
    exploded = rows.withColumn("_of", F.explode(F.array(*moments))).select(*rows.columns, "_of.cutoff", "_of.before")
    return exploded.where(was_known(F.col("before"))).drop("before")


def _of_column(name: str) -> Column:
    """The column of `gold.churn_features` of what was counted."""
    computed = {
        **{name: _exact_as_double(name) for name in REVENUES},
        "tenure_days": F.greatest("_signed_up", "_first_fact"),
        "average_order_value": _as_ratio(_exact_as_double("revenue_ever"), F.col("orders_ever")),
        "activity_trend_14": _trend("events_7", "events_14"),
        "activity_trend_60": _trend("events_30", "events_60"),
        "session_gap_days": _gap(),
        "recency_to_gap": _as_ratio(F.col("recency_days"), _gap()),
        "cart_rate_60": _ratio("cart_additions_60", "product_views_60"),
        "order_rate_60": _ratio("orders_60", "sessions_60"),
        "distinct_products_60": F.coalesce("distinct_products_60", F.lit(0)),
        "distinct_categories_60": F.coalesce("distinct_categories_60", F.lit(0)),
    }
    return computed.get(name, F.col(name))


def _exact_as_double(name: str) -> Column:
    """By way of the text: long decimals as doubles differ in the last bits between engines."""
    return F.col(name).cast("string").cast("double")


def _ratio(of: str, to: str) -> Column:
    return _as_ratio(F.col(of), F.col(to))


def _trend(late: str, both: str) -> Column:
    """What came late less what came early, by their sum."""
    return _as_ratio(2 * F.col(late) - F.col(both), F.col(both))


def _gap() -> Column:
    span = F.col("days_since_first_activity") - F.col("recency_days")
    # Who ordered without a session has no gap between sessions.
    return _as_ratio(span, F.greatest(F.col("sessions_ever") - 1, F.lit(0)))


def _as_ratio(of: Column, to: Column) -> Column:
    return of.cast("double") / F.nullif(to.cast("double"), F.lit(0.0))
