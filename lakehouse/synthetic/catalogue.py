"""The products on sale and the centres that ship them.

Prices are lognormal and clipped to a range in which the planted probability of buying stays below 1. The
popularity of a product does not depend on its price, so that the price affects only sales per view.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lakehouse.synthetic.text_forms import pick

MEDIAN_PRICE = 40.0
PRICE_SIGMA = 0.6
PRICE_RANGE = (10.0, 300.0)
COST_SHARE_RANGE = (0.35, 0.65)
POPULARITY_SIGMA = 1.0
DEPARTMENTS = ("Women", "Men")
WOMEN, MEN = 0, 1
# category: products for women, products for men (of the published 29,120)
CATEGORY_SIZES = {
    "Accessories": (770, 789),
    "Active": (660, 772),
    "Blazers & Jackets": (561, 0),
    "Clothing Sets": (37, 0),
    "Dresses": (955, 0),
    "Fashion Hoodies & Sweatshirts": (860, 1006),
    "Intimates": (2363, 0),
    "Jeans": (980, 1019),
    "Jumpsuits & Rompers": (162, 0),
    "Leggings": (564, 0),
    "Maternity": (898, 0),
    "Outerwear & Coats": (610, 810),
    "Pants": (0, 1041),
    "Pants & Capris": (613, 0),
    "Plus": (758, 0),
    "Shorts": (620, 1145),
    "Skirts": (367, 0),
    "Sleep & Lounge": (960, 811),
    "Socks": (0, 905),
    "Socks & Hosiery": (666, 0),
    "Suits": (188, 0),
    "Suits & Sport Coats": (0, 739),
    "Sweaters": (840, 897),
    "Swim": (880, 918),
    "Tops & Tees": (960, 908),
    "Underwear": (0, 1088),
}
BRAND_STARTS = ("Alder", "Birch", "Cove", "Dune", "Ember", "Fjord", "Glen", "Harbor", "Isle", "Juniper", "Kestrel")
BRAND_ENDS = ("wear", " & Co", " Mills", " Supply", "line", " Studio", " Works", "ford", " House", "well", " North")
STYLES = ("Classic", "Slim", "Relaxed", "Striped", "Printed", "Quilted", "Ribbed", "Washed", "Vintage", "Soft")
DISTRIBUTION_CENTERS = (
    ("Memphis TN", "35.1174", "-89.9711"),
    ("Chicago IL", "41.8369", "-87.6847"),
    ("Houston TX", "29.7604", "-95.3698"),
    ("Los Angeles CA", "34.05", "-118.25"),
    ("New Orleans LA", "29.95", "-90.0667"),
    ("Port Authority of New York/New Jersey NY/NJ", "40.634", "-73.7834"),
    ("Philadelphia PA", "39.95", "-75.1667"),
    ("Mobile AL", "30.6944", "-88.0431"),
    ("Charleston SC", "32.7833", "-79.9333"),
    ("Savannah GA", "32.0167", "-81.1167"),
)


@dataclass(frozen=True)
class Catalogue:
    """The products by position (id - 1) and the table that is written.

    `price_cents` and `cost_mills` (thousandths) are exact; `by_department` holds, for women and men, the products'
    positions and their cumulative popularity (0 to 1).
    """

    table: pa.Table
    price_cents: np.ndarray
    cost_mills: np.ndarray
    popularity: np.ndarray
    by_department: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

    def draw(self, rng: np.random.Generator, department: np.ndarray) -> np.ndarray:
        """Positions of random products of these departments, by popularity."""
        products = np.empty(len(department), np.int64)
        for number, (positions, cumulative) in enumerate(self.by_department):
            chosen = department == number
            products[chosen] = positions[np.searchsorted(cumulative, rng.random(int(chosen.sum())), side="right")]
        return products


def draw_catalogue(rng: np.random.Generator) -> Catalogue:
    """The products that every chunk of users shops from."""
    category, departments = _assortment()
    count = len(category)
    price_cents = _price_cents(rng, count)
    cost_mills = (price_cents * 10 * rng.uniform(*COST_SHARE_RANGE, count)).astype(np.int64)
    popularity = rng.lognormal(0, POPULARITY_SIGMA, count)
    by_department = tuple(_cumulative(popularity, np.flatnonzero(departments == number)) for number in (WOMEN, MEN))
    columns = {
        "id": pa.array(range(1, count + 1), pa.int64()),
        "cost": pa.array([repr(mills / 1000) for mills in cost_mills.tolist()]),
        "category": pa.array(category),
        **_names(rng, category, departments),
        "retail_price": pa.array([repr(cents / 100) for cents in price_cents.tolist()]),
        "department": pick(DEPARTMENTS, departments),
        "sku": pa.array([_sku(number) for number in range(1, count + 1)]),
        "distribution_center_id": pa.array(rng.integers(1, len(DISTRIBUTION_CENTERS) + 1, count)),
    }
    return Catalogue(pa.table(columns), price_cents, cost_mills, popularity, (by_department[0], by_department[1]))


def distribution_centers() -> pa.Table:
    """The ten distribution centres of the published data."""
    name, latitude, longitude = zip(*DISTRIBUTION_CENTERS, strict=True)
    numbers = range(1, len(DISTRIBUTION_CENTERS) + 1)
    return pa.table({"id": numbers, "name": name, "latitude": latitude, "longitude": longitude})


def _assortment() -> tuple[list[str], np.ndarray]:
    """Category and department of each product."""
    category, department = [], []
    for name, sizes in CATEGORY_SIZES.items():
        category += [name] * sum(sizes)
        department += [WOMEN] * sizes[WOMEN] + [MEN] * sizes[MEN]
    return category, np.array(department)


def _price_cents(rng: np.random.Generator, count: int) -> np.ndarray:
    prices = np.clip(MEDIAN_PRICE * np.exp(PRICE_SIGMA * rng.standard_normal(count)), *PRICE_RANGE)
    return np.rint(prices * 100).astype(np.int64)


def _cumulative(popularity: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cumulative = np.cumsum(popularity[positions])
    return positions, cumulative / cumulative[-1]


def _names(rng: np.random.Generator, category: list[str], departments: np.ndarray) -> dict[str, pa.Array]:
    brands = [start + end for start in BRAND_STARTS for end in BRAND_ENDS]
    brand = [brands[number] for number in rng.integers(0, len(brands), len(category))]
    style = [STYLES[number] for number in rng.integers(0, len(STYLES), len(category))]
    owner = [f"{DEPARTMENTS[number]}'s" for number in departments]
    names = [" ".join(parts) for parts in zip(brand, owner, style, category, strict=True)]
    return {"name": pa.array(names), "brand": pa.array(brand)}


def _sku(product_id: int) -> str:
    # The published SKUs are the MD5 of the product's id.
    return hashlib.md5(str(product_id).encode(), usedforsecurity=False).hexdigest().upper()
