import pandas as pd
import pytest

from tests.lakehouse.synthetic.reading import Export, moments


@pytest.fixture(scope="module")
def events(export: Export) -> pd.DataFrame:
    clean = export.clean("events").assign(sequence_number=lambda rows: rows["sequence_number"].astype(int))
    return clean.sort_values(["session_id", "sequence_number"]).assign(occurred_at=lambda rows: moments(rows["created_at"]))


def test_sequence_numbers_count_from_one_in_the_order_of_time(events: pd.DataFrame) -> None:
    sessions = events.groupby("session_id")
    since_last = sessions["occurred_at"].diff().dropna()

    assert (sessions.cumcount() + 1 == events["sequence_number"]).all()
    assert (since_last > pd.Timedelta(0)).all()


def test_a_session_lasts_less_than_an_hour(events: pd.DataFrame) -> None:
    sessions = events.groupby("session_id")["occurred_at"]

    assert (sessions.max() - sessions.min()).max() < pd.Timedelta(hours=1)


def test_a_session_has_one_user_or_none(events: pd.DataFrame) -> None:
    assert (events.groupby("session_id")["user_id"].nunique() == 1).all()


def test_nobody_buys_without_signing_in(events: pd.DataFrame) -> None:
    assert (events.loc[events["event_type"] == "purchase", "user_id"] != "").all()


def test_pages_belong_to_their_event_types(events: pd.DataFrame) -> None:
    pages = {
        "home": "/home",
        "department": r"/department/(men|women)/category/[a-z&]+/brand/[a-z&]+",
        "product": r"/product/\d+",
        "cart": "/cart",
        "purchase": "/purchase",
        "cancel": "/cancel",
    }
    for event_type, pattern in pages.items():
        assert events.loc[events["event_type"] == event_type, "uri"].str.fullmatch(pattern).all()


def test_an_added_product_was_viewed_just_before(events: pd.DataFrame) -> None:
    before = events["event_type"].shift()[events["event_type"] == "cart"]

    assert set(before) == {"product"}


def test_a_session_ends_with_its_purchase_or_cancellation(events: pd.DataFrame) -> None:
    lasts = events.groupby("session_id")["sequence_number"].transform("max")
    ending = events["event_type"].isin(["purchase", "cancel"])

    assert (events["sequence_number"][ending] == lasts[ending]).all()


def test_a_user_has_several_events_on_an_active_day(events: pd.DataFrame) -> None:
    identified = events[events["user_id"] != ""]

    assert identified.groupby(["user_id", identified["occurred_at"].dt.date]).size().mean() > 3


def test_every_event_lies_inside_the_span(events: pd.DataFrame, export: Export) -> None:
    assert events["occurred_at"].min() >= pd.Timestamp(export.parameters.start)
    assert events["occurred_at"].max() < pd.Timestamp(export.parameters.end)
