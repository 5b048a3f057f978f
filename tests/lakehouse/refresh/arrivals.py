"""The files of a small shop and of a small product, cut at random into arrivals: late, repeated and corrected rows among them."""

import csv
from pathlib import Path
from random import Random

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.product_export import generate_product_events

Row = dict[str, str]
Rows = dict[str, list[Row]]
TABLES = ("users", "events", "orders", "order_items", "products", "inventory_items", "distribution_centers")
SMALL = Parameters(users=12, late=0, duplicates=0, malformed=0)


def small_shop(folder: Path, parameters: Parameters = SMALL) -> Rows:
    """Rows of theLook's tables, by default valid ones of a few users, and of the products alone that they met."""
    generate(parameters, folder)
    rows = {name: _read(folder, name) for name in TABLES}
    met = {item["product_id"] for item in rows["order_items"]} | {e["uri"].rpartition("/")[2] for e in rows["events"]}
    rows["products"] = [product for product in rows["products"] if product["id"] in met]
    return rows


def small_product(folder: Path, parameters: Parameters = SMALL) -> Rows:
    """Product events, by default valid ones of a few users, some of whom are visitors before they are identified."""
    generate_product_events(parameters, folder)
    return {"product_events": _read(folder, "product_events")}


def _read(folder: Path, table: str) -> list[Row]:
    found = []
    for file in sorted(folder.glob(f"{table}-*.csv")):
        with file.open(newline="") as lines:
            found += list(csv.DictReader(lines))
    return found


def arrivals(files: Rows, random: Random, batches: int) -> list[Rows]:
    """Every row in some batch; some come twice, some come once more with other contents, some are malformed."""
    cut: list[Rows] = [{name: [] for name in files} for _ in range(batches)]
    for name, rows in files.items():
        for row in rows:
            first = random.randrange(batches)
            cut[first][name].append(row)
            if random.random() < 0.1:
                again = random.randrange(first, batches)
                cut[again][name].append(row if random.random() < 0.5 else _corrected(name, row, random))
    return cut


def _corrected(table: str, row: Row, random: Random) -> Row:
    if table in ("orders", "order_items"):
        return row | {"status": random.choice(["Returned", "Cancelled", "Complete", "no such status"])}
    if table == "product_events":
        return row | {"user_id": random.choice(["1", "2", ""]), "amount": random.choice(["19.90", "-1", ""])}
    if table == "online_retail":
        return row | {"UnitPrice": random.choice(["4.25", "-1"])}
    if table == "events":
        return row | {"created_at": f"2025-{random.randint(1, 12):02}-{random.randint(1, 28):02} 10:00:00"}
    if table == "users":
        return row | {"country": random.choice(["Japan", "France"])}
    return row | ({"cost": "1.25"} if table == "products" else {})


def write(folder: Path, batch: Rows, number: int) -> None:
    """Write one arrival beside the earlier ones, a file a table."""
    folder.mkdir(exist_ok=True)
    for name, rows in batch.items():
        header = list(rows[0]) if rows else None
        with (folder / f"{name}-{number}.csv").open("w", newline="") as file:
            if header:
                writer = csv.DictWriter(file, header)
                writer.writeheader()
                writer.writerows(rows)
