"""Sessions combined from their days."""

from pyspark.sql import SparkSession

from lakehouse.silver import session_activity_daily
from lakehouse.silver.sessions import transform
from tests.lakehouse.random_rows import Row, at, frame, shown


def activity(first: str, last: str, **columns: object) -> Row:
    """One row of a session's day, by default without events."""
    counts = dict.fromkeys(("events", "page_views", "product_views", "cart_additions", "purchases", "cancels"), 0)
    return {"first_at": at(first), "last_at": at(last), "activity_date": at(first).date(), **counts, **columns}


def test_a_session_that_runs_past_midnight_is_one_row(spark: SparkSession) -> None:
    rows = frame(
        spark,
        session_activity_daily.TABLE,
        activity("2024-01-02 00:01", "2024-01-02 00:03", session_id="s", events=3, purchases=1, exit_page="/thanks"),
        activity("2024-01-01 23:58", "2024-01-01 23:59", session_id="s", events=2, entry_page="/home", exit_page="/x"),
    )
    columns = ("session_id", "started_at", "ended_at", "duration_seconds", "events", "has_purchase", "entry_page", "exit_page")
    started_at, ended_at = (at(t).replace(tzinfo=None) for t in ("2024-01-01 23:58", "2024-01-02 00:03"))
    assert shown(transform(rows), *columns) == [("s", started_at, ended_at, 300, 5, True, "/home", "/thanks")]


def test_user_is_the_first_identified_one_and_the_rest_is_of_the_first_event(spark: SparkSession) -> None:
    rows = frame(
        spark,
        session_activity_daily.TABLE,
        activity("2024-01-01 10:00", "2024-01-01 10:01", session_id="s", device="Chrome", country="China"),
        activity("2024-01-01 10:02", "2024-01-01 10:03", session_id="s", device="Safari", country="Brasil", user_id="9"),
        activity("2024-01-01 10:04", "2024-01-01 10:05", session_id="s", device="Safari", country="Brasil", user_id="1"),
    )
    columns = ("session_id", "user_id", "device", "country", "has_purchase")
    assert shown(transform(rows), *columns) == [("s", "9", "Chrome", "China", False)]


def test_with_equal_timestamps_the_sources_number_decides_what_was_first_and_last(spark: SparkSession) -> None:
    moment = ("2024-01-01 10:00", "2024-01-01 10:00")
    rows = frame(
        spark,
        session_activity_daily.TABLE,
        activity(*moment, session_id="s", entry_sequence_number=1, exit_sequence_number=1, entry_page="/z", exit_page="/z"),
        activity(*moment, session_id="s", entry_sequence_number=2, exit_sequence_number=2, entry_page="/a", exit_page="/a"),
    )
    assert shown(transform(rows), "entry_page", "exit_page") == [("/z", "/a")]


def test_events_of_no_session_make_no_session(spark: SparkSession) -> None:
    rows = frame(spark, session_activity_daily.TABLE, activity("2024-01-01 10:00", "2024-01-01 10:01", events=2))
    assert shown(transform(rows)) == []
