"""Columns that look like a currency and are not taken are named where they hold another than the source's."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lakehouse.bronze.ingest import ingest
from lakehouse.contract.source import Source
from tests.lakehouse.bronze.arrow_store import arrow_store

COLUMNS = {"order_item_id": "id", "sale_price": "price"}


def notes(folder: Path, header: str, *currencies: str, fields: tuple[str, ...] = (), **columns: str) -> tuple[str, ...]:
    """What is said of lines with these currencies, in a file whose third column has that header."""
    feed: dict[str, Any] = {"columns": COLUMNS | columns}
    table = {"fields": ["id", "price", *fields], "feeds": {"order_items": feed}}
    source = Source.model_validate({"source": "shop", "currency": "USD", "tables": {"sold": table}})
    (folder / "sold.csv").write_text("\n".join([f"id,price,{header}", *(f"{n},5,{c}" for n, c in enumerate(currencies)), ""]))
    return ingest(arrow_store(str(folder / "lake")), source, "sold", folder, datetime(2026, 1, 1, tzinfo=UTC)).notes


@pytest.mark.parametrize("header", ["currency", "Currency Code", "order_currency", "CURR"])
@pytest.mark.parametrize("is_declared", [False, True])
def test_amounts_of_two_currencies_are_not_added_up_without_a_word(tmp_path: Path, header: str, is_declared: bool) -> None:
    fields: Any = [{"cur": header}] if is_declared else []
    assert notes(tmp_path, header, "USD", "JPY", " eur ", "jpy", "", "n/a", fields=fields) == (
        f"3 rows with another currency than USD in the column {header} (JPY, EUR): it is not taken, and their amounts count as USD: "
        "name it in a field and give `reported_currency` in the feeds with amounts",
    )


def test_nothing_is_said_of_the_source_s_own_currency_of_one_that_is_taken_and_of_other_columns(tmp_path: Path) -> None:
    for name in ("own", "taken", "other"):
        (tmp_path / name).mkdir()
    assert notes(tmp_path / "own", "currency", "USD", "usd", "") == ()
    assert notes(tmp_path / "taken", "currency", "USD", "JPY", fields=("currency",), reported_currency="currency") == ()
    assert notes(tmp_path / "other", "current", "USD", "JPY") == ()
