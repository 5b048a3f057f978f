"""How products are recommended: the section `recommendations` of conf/models.yaml."""

from pydantic import Field

from ml.section import Section


class Weights(Section):
    """What one interaction of a user with a product counts."""

    view: float = Field(1.0, ge=0)
    add_to_cart: float = Field(3.0, ge=0)
    purchase: float = Field(5.0, ge=0)


class Factors(Section):
    """Implicit-feedback alternating least squares (Hu, Koren and Volinsky 2008): confidence is 1 + alpha x log(1 + weight)."""

    number: int = Field(32, ge=1, le=512)
    iterations: int = Field(15, ge=1)
    regularization: float = Field(0.1, gt=0)
    alpha: float = Field(1.0, gt=0)
    seed: int = 7


class RecommendationsSection(Section):
    """Ranks, weights, the days held out for the comparison, and what the methods are tuned by; days are UTC."""

    ranks: int = Field(10, ge=1, le=1000)
    similar: int = Field(10, ge=1, le=1000)
    repeat_purchase: bool = False
    test_days: int = Field(30, ge=1)
    weights: Weights = Weights()
    half_life_days: float = Field(90.0, gt=0)
    neighbours: int = Field(50, ge=1)
    damping: float = Field(5.0, ge=0)
    factors: Factors = Factors()
