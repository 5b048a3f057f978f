"""Columns that look like declared ones, and are not taken, are named, with the number of rows and what to do."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.bronze.ingest import ingest
from lakehouse.bronze.lookalikes import like_declared
from lakehouse.contract.source import Source
from tests.lakehouse.bronze.arrow_store import arrow_store

TABLE: dict[str, Any] = {"fields": ["id"], "optional_fields": ["amount", {"product_id": "Product ID"}]}
SHOP = Source.model_validate({"source": "shop", "tables": {"notes": TABLE}})


def test_columns_are_like_declared_ones_but_for_capitals_and_signs() -> None:
    names = ["Amount", "AMOUNT ", "amount", "amounts", "product_id", "ProductId", "productid2", "Id"]
    found = like_declared(names, SHOP.tables["notes"])
    assert found == {
        "Amount": "amount",
        "AMOUNT ": "amount",
        "product_id": "product_id",
        "ProductId": "product_id",
        "Id": "id",
    }


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_rows_whose_field_is_empty_beside_such_a_column_are_counted(tmp_path: Path, form: str) -> None:
    rows: list[dict[str, str]] = [
        {"id": "1", "Amount": "5", "other": "x"},
        {"id": "2", "Amount": "6", "PRODUCT/~\"ID'": "7"},
        {"id": "3"},
    ]
    file, names = tmp_path / f"notes.{form}", ["id", "Amount", "PRODUCT/~\"ID'", "other"]
    if form == "csv":
        file.write_text("\n".join([",".join(names), *(",".join(row.get(name, "") for name in names) for row in rows)]) + "\n")
    elif form == "jsonl":
        # In other forms a file with both is refused.
        both = [{"id": "4", "Amount": "8", "amount": "8"}, {"id": "5", "Amount": None}]
        file.write_text("".join(json.dumps(row) + "\n" for row in (*rows, *both)))
    else:
        pq.write_table(pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}), file)
    store, moment = arrow_store(str(tmp_path / "lake")), datetime(2026, 1, 1, tzinfo=UTC)

    assert ingest(store, SHOP, "notes", tmp_path, moment).notes == (
        "2 rows with a column Amount, which is not the declared amount and was not taken: "
        "name it in the table's `optional_fields`, as `- {amount: Amount}`, or rename it in the file",
        "1 row with a column PRODUCT/~\"ID', which is not the declared product_id and was not taken: "
        "name it in the table's `optional_fields`, as `- {product_id: PRODUCT/~\"ID'}`, or rename it in the file",
    )
    assert ingest(store, SHOP, "notes", tmp_path, moment).notes == ()
