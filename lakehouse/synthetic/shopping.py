"""Shopping in a session: which products are viewed, added to the cart and bought.

The probability that a product viewed in a shopping session is bought falls with its price at a constant elasticity:
P(buy) = BUY_AT_MEDIAN_PRICE * (price / MEDIAN_PRICE) ** PRICE_ELASTICITY.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.synthetic.catalogue import MEDIAN_PRICE, Catalogue
from lakehouse.synthetic.sessions import ANONYMOUS, Sessions

PRICE_ELASTICITY = -0.5
BUY_AT_MEDIAN_PRICE = 0.368
# The shares of sessions with 1, 2, ... products viewed.
SHOPPING_VIEWS = (0.30, 0.30, 0.20, 0.12, 0.08)
BROWSING_VIEWS = (0.70, 0.30)
ANONYMOUS_VIEWS = (0.35, 0.35, 0.20, 0.10)
# Whether a department's page comes before a product's, and whether a product not bought is still added to the cart.
DEPARTMENT_SHARE = 0.242
ANONYMOUS_DEPARTMENT_SHARE = 0.361
ABANDON_SHARE = 0.08
ANONYMOUS_ABANDON_SHARE = 0.30


@dataclass(frozen=True)
class Views:
    """A chunk of viewed products, one entry each, in order of session and time; products by position."""

    session: np.ndarray
    product: np.ndarray
    has_department: np.ndarray
    is_in_cart: np.ndarray
    is_bought: np.ndarray


def draw_views(rng: np.random.Generator, catalogue: Catalogue, sessions: Sessions) -> Views:
    """The products viewed in `sessions`."""
    is_anonymous = sessions.user == ANONYMOUS
    views = rng.choice(len(BROWSING_VIEWS), sessions.count, p=BROWSING_VIEWS) + 1
    for is_kind, shares in ((is_anonymous, ANONYMOUS_VIEWS), (sessions.is_shopping, SHOPPING_VIEWS)):
        views[is_kind] = rng.choice(len(shares), int(is_kind.sum()), p=shares) + 1
    session = np.repeat(np.arange(sessions.count), views)
    by_nobody = is_anonymous[session]
    product = catalogue.draw(rng, sessions.department[session])
    is_bought = (rng.random(len(session)) < buy_probability(catalogue.price_cents[product] / 100)) & (
        sessions.is_shopping[session]
    )
    abandon_share = np.where(by_nobody, ANONYMOUS_ABANDON_SHARE, ABANDON_SHARE)
    department_share = np.where(by_nobody, ANONYMOUS_DEPARTMENT_SHARE, DEPARTMENT_SHARE)
    return Views(
        session=session,
        product=product,
        has_department=rng.random(len(session)) < department_share,
        is_in_cart=is_bought | (rng.random(len(session)) < abandon_share),
        is_bought=is_bought,
    )


def buy_probability(price: np.ndarray) -> np.ndarray:
    """The probability (0 to 1) of buying a product viewed in a shopping session, by `price` in dollars."""
    return BUY_AT_MEDIAN_PRICE * (price / MEDIAN_PRICE) ** PRICE_ELASTICITY
