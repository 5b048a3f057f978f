import pandas as pd

from tests.lakehouse.synthetic.reading import Export, moments


def test_each_purchase_event_has_an_order_of_its_user_at_its_time(export: Export) -> None:
    events, orders = export.clean("events"), export.clean("orders")
    purchases = events[events["event_type"] == "purchase"]

    bought = sorted(zip(purchases["user_id"], moments(purchases["created_at"]).dt.floor("s"), strict=True))
    ordered = sorted(zip(orders["user_id"], moments(orders["created_at"]).dt.floor("s"), strict=True))
    assert bought == ordered


def test_an_order_has_the_number_of_items_that_it_reports(export: Export) -> None:
    orders, items = export.clean("orders"), export.clean("order_items")

    assert orders["num_of_item"].astype(int).tolist() == items.groupby(items["order_id"].astype(int)).size().tolist()


def test_an_item_agrees_with_its_order(export: Export) -> None:
    both = export.clean("order_items").merge(export.clean("orders"), on="order_id", how="left", suffixes=("", "_order"))

    for column in ("user_id", "status", "created_at", "shipped_at", "delivered_at", "returned_at"):
        assert (both[column] == both[f"{column}_order"]).all()


def test_an_item_was_viewed_in_the_session_that_bought_it(export: Export) -> None:
    events, items = export.clean("events"), export.clean("order_items")
    bought_in = events.loc[events["event_type"] == "purchase", ["session_id", "user_id", "created_at"]]
    bought_in = bought_in.assign(at=moments(bought_in["created_at"]).dt.floor("s"))
    items = items.assign(at=moments(items["created_at"]).dt.floor("s"))

    sold = items.merge(bought_in, on=["user_id", "at"], how="left")
    seen = set(zip(events["session_id"], events["uri"], strict=True))
    assert all(pair in seen for pair in zip(sold["session_id"], "/product/" + sold["product_id"], strict=True))


def test_timestamps_match_the_status(export: Export) -> None:
    orders = export.clean("orders")

    filled = {
        status: [column for column in ("shipped_at", "delivered_at", "returned_at") if (rows[column] != "").all()]
        for status, rows in orders.groupby("status")
    }
    assert filled == {
        "Cancelled": [],
        "Complete": ["shipped_at", "delivered_at"],
        "Processing": [],
        "Returned": ["shipped_at", "delivered_at", "returned_at"],
        "Shipped": ["shipped_at"],
    }


def test_an_item_is_sold_at_its_product_s_retail_price(export: Export) -> None:
    items = export.clean("order_items")
    prices = export.table("products").set_index("id")["retail_price"]

    assert (items["sale_price"] == items["product_id"].map(prices)).all()


def test_an_item_takes_a_stock_item_of_its_product_which_is_then_sold(export: Export) -> None:
    items, stock = export.clean("order_items"), export.clean("inventory_items").set_index("id")
    taken = stock.loc[items["inventory_item_id"]].reset_index()

    assert taken["id"].is_unique
    assert (taken["product_id"] == items["product_id"]).all()
    assert (taken["sold_at"] == items["created_at"]).all()
    assert (moments(taken["created_at"]) < moments(taken["sold_at"])).all()


def test_stock_that_no_item_took_is_not_sold(export: Export) -> None:
    stock, items = export.clean("inventory_items"), export.clean("order_items")

    is_taken = stock["id"].isin(items["inventory_item_id"])
    assert ((stock["sold_at"] != "") == is_taken).all()
    assert (~is_taken).sum() / is_taken.sum() > 1.5


def test_stock_repeats_the_columns_of_its_product(export: Export) -> None:
    stock = export.clean("inventory_items")
    products = export.table("products").set_index("id").loc[stock["product_id"]].reset_index(drop=True)

    pd.testing.assert_series_equal(stock["cost"], products["cost"])
    pd.testing.assert_series_equal(stock["product_sku"], products["sku"], check_names=False)
    pd.testing.assert_series_equal(stock["product_brand"], products["brand"], check_names=False)
