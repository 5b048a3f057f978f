"""Events counted by session and day."""

from pyspark.sql import SparkSession

from lakehouse.silver import events
from lakehouse.silver.session_activity_daily import transform
from tests.lakehouse.random_rows import at, day, event, frame, shown


def test_counts_the_events_of_each_type_by_session_and_day(spark: SparkSession) -> None:
    rows = frame(
        spark,
        events.TABLE,
        event("2024-01-01 23:58", "page_view", session_id="s"),
        event("2024-01-01 23:59", "view", session_id="s"),
        event("2024-01-01 23:59", "view", session_id="s"),
        event("2024-01-02 00:00", "purchase", session_id="s"),
        event("2024-01-02 00:01", "scroll", session_id="s"),
        event("2024-01-02 00:02", "view", session_id=None),
    )
    counts = ("session_id", "activity_date", "events", "page_views", "product_views", "cart_additions", "purchases", "cancels")
    assert shown(transform(rows), *counts) == [
        (None, day("2024-01-02"), 1, 0, 1, 0, 0, 0),
        ("s", day("2024-01-01"), 3, 1, 2, 0, 0, 0),
        ("s", day("2024-01-02"), 2, 0, 0, 0, 1, 0),
    ]


def test_a_change_of_user_or_device_within_a_session_makes_a_row_of_its_own(spark: SparkSession) -> None:
    rows = frame(
        spark,
        events.TABLE,
        event("2024-01-01 10:00", session_id="s", device="Chrome"),
        event("2024-01-01 10:01", session_id="s", device="Chrome", user_id="7"),
        event("2024-01-01 10:02", session_id="s", device=None, user_id="7", country="Brasil"),
    )
    assert shown(transform(rows), "user_id", "device", "country", "events") == [
        (None, "Chrome", "unknown", 1),
        ("7", "Chrome", "unknown", 1),
        ("7", "unknown", "Brasil", 1),
    ]


def test_first_and_last_page_follow_time_then_the_sources_number(spark: SparkSession) -> None:
    rows = frame(
        spark,
        events.TABLE,
        event("2024-01-01 10:05", session_id="s", sequence_number=2, page="/end"),
        event("2024-01-01 10:00", session_id="s", sequence_number=2, page="/a"),
        event("2024-01-01 10:00", session_id="s", sequence_number=1, page="/start"),
        event("2024-01-01 10:05", session_id="s", sequence_number=1, page="/z"),
    )
    [row] = shown(transform(rows), "first_at", "entry_page", "last_at", "exit_page")
    naive = {t: at(t).replace(tzinfo=None) for t in ("2024-01-01 10:00", "2024-01-01 10:05")}
    assert row == (naive["2024-01-01 10:00"], "/start", naive["2024-01-01 10:05"], "/end")
