"""Columns that feeds name: those of today, former ones with a remark, and no others."""

from pathlib import Path

import pytest

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.loading import load_source
from lakehouse.contract.source import Source, Written
from libs.settings.layers import ConfigError
from libs.tables import Merge

SHOP = """
source: shop
tables:
  lines:
    fields: [nr, bill, buyer, price, at, pieces]
    feeds:
      orders:
        columns: {order_id: bill, created_at: at, reported_items: pieces}
        required: [order_id, created_at]
        rules: {no_items: reported_items > 0}
      order_items:
        columns:
          order_item_id: nr
          sale_price: price
          sold_at: at
        required: [order_item_id, sold_at]
        allowed: {order_item_id: [a, b]}
        keep: {earliest: sold_at}
        rules: {too_old: "sold_at > timestamp '2020-01-01' and status <> 'no sold_at'"}
"""
FORMERLY = {"sold_at: at": "created_at: at", "sold_at]": "created_at]", "earliest: sold_at": "earliest: created_at"}
FORMERLY |= {'"sold_at > ': '"created_at > ', "reported_items": "num_items"}


def loaded(tmp_path: Path, text: str) -> tuple[Source, list[str]]:
    remarks: list[str] = []
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    return load_source(file, tmp_path, say=remarks.append), remarks


def with_former_names(text: str) -> str:
    for today, former in FORMERLY.items():
        assert today in text
        text = text.replace(today, former)
    return text


def without_rules(source: Source) -> dict[str, object]:
    table = source.tables["lines"]
    return {name: feed.model_dump(exclude={"rules"}) for name, feed in table.feeds.items()}


def test_former_names_are_taken_as_those_of_today_wherever_a_feed_has_them(tmp_path: Path) -> None:
    today, silence = loaded(tmp_path, SHOP)
    former, remarks = loaded(tmp_path, with_former_names(SHOP))
    items, orders = (former.tables["lines"].feeds[name] for name in ("order_items", "orders"))
    assert items.rules == {"too_old": "`sold_at` > timestamp '2020-01-01' and status <> 'no sold_at'"}
    assert orders.rules == {"no_items": "`reported_items` > 0"}
    assert without_rules(former) == without_rules(today)
    assert silence == []
    assert remarks == [
        "shop.yaml:8: silver.orders takes num_items as reported_items, its name of today: rename it there",
        "shop.yaml:15: silver.order_items takes created_at as sold_at, its name of today: rename it there",
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        (
            "sold_at: at",
            "sold_at: at\n          sold_on: at",
            "shop.yaml:16: tables.lines.feeds.order_items.columns.sold_on: silver.order_items takes no sold_on from a feed; it "
            "takes order_item_id, order_id, user_id, event_id, product_id,",
        ),
        (
            "sold_at: at",
            "sold_at: at\n          created_at: at",
            "shop.yaml:16: tables.lines.feeds.order_items.columns.created_at: is the former name of sold_at, which is given too",
        ),
        ("reported_items: pieces", "reported_items: pieces, _row_hash: nr", "silver.orders takes no _row_hash from a feed"),
        (
            "sale_price: price",
            "cost: price",
            "shop.yaml:14: tables.lines.feeds.order_items.columns.cost: silver.order_items takes no",
        ),
        ("      orders:", "      bills:", "shop.yaml:7: tables.lines.feeds.bills: no silver table is fed by bills; fed are"),
        ("      orders:", "      sessions:", "tables.lines.feeds.sessions: no silver table is fed by sessions; fed are"),
        (
            "no_items: reported_items > 0",
            "no_items: item_count > 0",
            "shop.yaml:10: tables.lines.feeds.orders.rules.no_items: item_count is not among the columns that it may name: source, ",
        ),
        (
            "no_items: reported_items > 0",
            "no_items: reported_items > (sold_at > '2026')",
            "shop.yaml:10: tables.lines.feeds.orders.rules.no_items: `reported_items > (sold_at > '2026')` compares a number with a boolean",
        ),
        (
            "order_item_id: nr",
            'order_item_id: {sql: "md5(number)"}',
            "columns.order_item_id.sql: number is not among the fields that",
        ),
        (
            "keep: {earliest: sold_at}",
            "keep: {latest: sold_at}",
            "keep.latest: sold_at is not among the fields that it may name: nr,",
        ),
        (
            "keep: {earliest: sold_at}",
            "where: piece > 0",
            "order_items.where: piece is not among the fields that it may name: nr, bill,",
        ),
    ],
)
def test_what_no_table_takes_is_refused_when_the_source_is_read(tmp_path: Path, was: str, becomes: str, problem: str) -> None:
    assert was in SHOP
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, SHOP.replace(was, becomes))
    assert problem in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_mistake_is_in_the_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(
            tmp_path,
            SHOP.replace("order_id: bill", "bill_id: bill").replace("sale_price", "price").replace("[order_id", "[bill_id"),
        )
    assert "takes no bill_id" in str(raised.value) and "takes no price" in str(raised.value)


@pytest.mark.parametrize(
    "sql",
    [
        "NR",
        "`nr`",
        "concat(nr, cast(_ingested_at as string))",
        "case when timestampdiff(MINUTE, at, at) > 1 then nr end",
        "get(transform(split(nr, ','), part -> trim(part)), 1)",
        "named_struct('inner', nr).inner",
    ],
)
def test_letters_units_parameters_and_parts_of_structs_are_no_unknown_fields(tmp_path: Path, sql: str) -> None:
    source, _ = loaded(tmp_path, SHOP.replace("order_item_id: nr", f'order_item_id: {{sql: "{sql}"}}'))
    assert source.tables["lines"].feeds["order_items"].columns["order_item_id"].sql == sql


def test_a_former_name_is_no_name_of_today() -> None:
    """Else a feed could mean either."""
    for entry in catalogue().values():
        if isinstance(entry.table.refresh, Merge):
            formerly = entry.table.refresh.formerly
            assert set(formerly) <= set(entry.table.column_names)
            assert not set(formerly.values()) & set(entry.table.column_names)


def test_fields_that_feeds_take_as_numbers_and_times_are_written_as_their_table_says(tmp_path: Path) -> None:
    declared = SHOP.replace(
        "    feeds:", '    decimal: ","\n    thousands: "."\n    date_form: d.M.yyyy\n    numbers: [nr]\n    feeds:'
    )
    number, time = Written(decimal=",", thousands="."), Written(date_form=("d.M.yyyy",))
    for feed in loaded(tmp_path, declared)[0].tables["lines"].feeds.values():
        assert feed.written == {"nr": number, "price": number, "pieces": number, "at": time}
    assert not any(feed.written for feed in loaded(tmp_path, SHOP)[0].tables["lines"].feeds.values())


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ('decimal: ","\n    thousands: ","', "tables.lines.thousands: the same sign as decimal"),
        ('decimal: ";"', "tables.lines.decimal: Input should be '.' or ','"),
        ("date_form: dd/MM", "tables.lines.date_form.0: 'dd/MM' names no year: yyyy or yy"),
        ("times: [when]", "tables.lines.times.0: when is not among the table's fields"),
    ],
)
def test_a_form_that_can_not_be_is_told_in_one_line(tmp_path: Path, declared: str, fault: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, SHOP.replace("    feeds:", f"    {declared}\n    feeds:"))
    assert fault in str(raised.value) and "\n" not in str(raised.value)
