"""The truth, counted again from the files."""

import pandas as pd
import pytest

from tests.lakehouse.synthetic.reading import Export, moments

TABLES = ("users", "events", "orders", "order_items", "products", "inventory_items", "distribution_centers")


def per_day(days: "pd.Series[pd.Timestamp]", values: "pd.Series[float] | None" = None) -> dict[str, float]:
    dates = days.dt.strftime("%Y-%m-%d")
    counted = dates.value_counts() if values is None else values.groupby(dates).sum()
    return {str(date): float(value) for date, value in counted.items()}


def truth_of(export: Export, name: str) -> dict[str, float]:
    return {day["date"]: day[name] for day in export.truth["daily"] if day[name]}


def test_rows_written_are_valid_ones_copies_and_malformed_ones(export: Export) -> None:
    for table in TABLES:
        counts = export.truth["tables"][table]
        flaws = counts["exact_duplicates"] + sum(counts["malformed"].values())
        assert counts["rows_written"] == counts["valid_unique_rows"] + flaws == len(export.table(table))


@pytest.mark.parametrize("table", TABLES)
def test_valid_rows_are_unique_by_their_key(export: Export, table: str) -> None:
    clean = export.clean(table)

    assert len(clean) == export.truth["tables"][table]["valid_unique_rows"]
    assert sorted(clean.iloc[:, 0].astype(int)) == list(range(1, len(clean) + 1))


def test_daily_active_users_are_the_users_with_an_event_that_day(export: Export) -> None:
    events = export.clean("events")
    identified = events[events["user_id"] != ""]
    active = identified.assign(day=moments(identified["created_at"]).dt.normalize()).drop_duplicates(["user_id", "day"])

    assert per_day(active["day"]) == truth_of(export, "dau")


def test_events_and_orders_are_counted_by_day(export: Export) -> None:
    assert per_day(moments(export.clean("events")["created_at"])) == truth_of(export, "events")
    assert per_day(moments(export.clean("orders")["created_at"])) == truth_of(export, "orders")
    assert per_day(moments(export.clean("users")["created_at"])) == truth_of(export, "signups")


def test_net_revenue_leaves_out_cancelled_and_returned_items(export: Export) -> None:
    items = export.clean("order_items")
    gross = items[items["status"] != "Cancelled"]
    net = gross[gross["status"] != "Returned"]

    expected = per_day(moments(net["created_at"]), net["sale_price"].astype(float))
    assert truth_of(export, "net_revenue") == pytest.approx(expected)
    assert export.truth["totals"]["gross_revenue"] == pytest.approx(gross["sale_price"].astype(float).sum())


def test_profit_is_net_revenue_less_the_cost_of_its_items(export: Export) -> None:
    items = export.clean("order_items").merge(
        export.table("products"), left_on="product_id", right_on="id", how="left", validate="many_to_one"
    )
    net = items[~items["status"].isin(["Cancelled", "Returned"])]

    profit = net["sale_price"].astype(float).sum() - net["cost"].astype(float).sum()
    assert export.truth["totals"]["profit"] == pytest.approx(profit)


def test_totals_are_the_sums_of_the_days(export: Export) -> None:
    totals = export.truth["totals"]

    for name in ("signups", "sessions", "events", "orders", "items", "net_revenue"):
        assert sum(day[name] for day in export.truth["daily"]) == pytest.approx(totals[name])
    assert sum(totals["orders_by_status"].values()) == totals["orders"]
    assert sum(totals["events_by_type"].values()) == totals["events"]
