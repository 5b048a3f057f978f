"""The files have the form of theLook's published ones, and their figures agree."""

import csv
import gzip
from pathlib import Path

import pytest

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from tests.lakehouse.synthetic.reading import Export

COLUMNS = {
    "users": "id,first_name,last_name,email,age,gender,state,street_address,postal_code,city,country,latitude,longitude,"
    "traffic_source,created_at",
    "events": "id,user_id,sequence_number,session_id,created_at,ip_address,city,state,postal_code,browser,"
    "traffic_source,uri,event_type",
    "orders": "order_id,user_id,status,gender,created_at,returned_at,shipped_at,delivered_at,num_of_item",
    "order_items": "id,order_id,user_id,product_id,inventory_item_id,status,created_at,shipped_at,delivered_at,"
    "returned_at,sale_price",
    "products": "id,cost,category,name,brand,retail_price,department,sku,distribution_center_id",
    "inventory_items": "id,product_id,created_at,sold_at,cost,product_category,product_name,product_brand,"
    "product_retail_price,product_department,product_sku,product_distribution_center_id",
    "distribution_centers": "id,name,latitude,longitude",
}


def quoting(line: str) -> list[bool]:
    """Which fields of a line are quoted."""
    starts = [0]
    inside = False
    for position, letter in enumerate(line):
        inside ^= letter == '"'
        if letter == "," and not inside:
            starts.append(position + 1)
    return [line[start : start + 1] == '"' for start in starts]


@pytest.mark.parametrize("table", COLUMNS)
def test_the_header_is_the_published_one(export: Export, table: str) -> None:
    with (export.folder / f"{table}-00000.csv").open(encoding="utf-8") as lines:
        assert lines.readline() == COLUMNS[table] + "\n"


@pytest.mark.reference_data
@pytest.mark.parametrize("table", COLUMNS)
def test_header_and_quoting_are_those_of_the_real_file(export: Export, reference_data: Path, table: str) -> None:
    with gzip.open(reference_data / "thelook" / f"{table}.csv.gz", "rt", encoding="utf-8") as lines:
        real = [lines.readline().rstrip("\n") for _ in range(2)]
    with (export.folder / f"{table}-00000.csv").open(encoding="utf-8") as lines:
        ours = [lines.readline().rstrip("\n") for _ in range(2)]

    assert ours[0] == real[0]
    assert quoting(ours[1]) == quoting(real[1])


def test_an_anonymous_event_has_a_quoted_empty_user(export: Export) -> None:
    lines = (export.folder / "events-00000.csv").read_text(encoding="utf-8").splitlines()
    anonymous = [line for line in lines[1:] if next(csv.reader([line]))[1] == ""]

    assert anonymous
    assert all(line.split(",")[1] == '""' for line in anonymous)


@pytest.mark.parametrize("seed", [7, 8])
def test_ratios_are_the_published_ones(tmp_path: Path, seed: int) -> None:
    truth = generate(Parameters(seed=seed, file_format="parquet"), tmp_path / "export")
    totals = truth["totals"]
    users = totals["signups"]
    by_status = {status: count / totals["orders"] for status, count in totals["orders_by_status"].items()}

    # Sessions per user vary much, so 20,000 users leave a noise of one to two per cent.
    assert totals["orders"] / users == pytest.approx(1.25, rel=0.04)
    assert totals["items"] / users == pytest.approx(1.8125, rel=0.04)
    assert totals["events"] / users == pytest.approx(24.25, rel=0.03)
    assert totals["sessions"] / users == pytest.approx(6.8125, rel=0.03)
    assert 1 - totals["identified_events"] / totals["events"] == pytest.approx(0.464, abs=0.01)
    published = {"Shipped": 0.30, "Complete": 0.25, "Processing": 0.20, "Cancelled": 0.15, "Returned": 0.10}
    assert by_status == pytest.approx(published, abs=0.01)
