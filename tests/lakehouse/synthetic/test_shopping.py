import numpy as np
import pandas as pd
import pytest

from lakehouse.synthetic.catalogue import PRICE_RANGE, draw_catalogue
from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.seasonality import traffic_clock
from lakehouse.synthetic.sessions import draw_sessions
from lakehouse.synthetic.shopping import PRICE_ELASTICITY, buy_probability, draw_views
from lakehouse.synthetic.users import draw_users
from tests.lakehouse.synthetic.reading import Export


def test_twice_the_price_multiplies_the_probability_by_two_to_the_elasticity() -> None:
    once, twice = buy_probability(np.array([40.0, 80.0]))

    assert twice / once == pytest.approx(2**PRICE_ELASTICITY)


def test_the_probability_is_below_one_at_every_price() -> None:
    assert 0 < buy_probability(np.array(PRICE_RANGE)).min() < buy_probability(np.array(PRICE_RANGE)).max() < 1


def test_the_elasticity_is_found_again_in_sales_per_view() -> None:
    rng = np.random.default_rng(3)
    clock, catalogue = traffic_clock(Parameters()), draw_catalogue(rng)
    views = draw_views(rng, catalogue, draw_sessions(rng, clock, draw_users(rng, clock, 1, 60_000, 0.05)))

    price = catalogue.price_cents[views.product] / 100
    decile = pd.qcut(price, 10, labels=False)
    by_price = pd.DataFrame({"price": price, "bought": views.is_bought}).groupby(decile).mean()
    slope = np.polyfit(np.log(by_price["price"]), np.log(by_price["bought"]), 1)[0]

    assert slope == pytest.approx(PRICE_ELASTICITY, abs=0.05)


def test_what_is_bought_was_put_into_the_cart() -> None:
    rng = np.random.default_rng(4)
    clock, catalogue = traffic_clock(Parameters()), draw_catalogue(rng)
    views = draw_views(rng, catalogue, draw_sessions(rng, clock, draw_users(rng, clock, 1, 1_000, 0.05)))

    assert views.is_bought.any()
    assert views.is_in_cart[views.is_bought].all()


def test_popularity_does_not_depend_on_price(export: Export) -> None:
    events, products = export.clean("events"), export.table("products")
    views = events.loc[events["event_type"] == "product", "uri"].str.removeprefix("/product/").value_counts()

    seen = products.set_index("id")["retail_price"].astype(float).to_frame().assign(views=views).fillna(0.0)
    assert abs(seen["retail_price"].corr(seen["views"])) < 0.03
