"""The change of a metric split into its parts, in exact arithmetic: the parts sum to the change.

- A sum by a dimension: each value's own change.
- A ratio by a dimension, such as conversion by device: for each value the *rate* effect (its own ratio changed, at its average
  weight) and the *mix* effect (its weight, the share of the denominator, changed; at how far its average ratio lies from the
  average of all). Kitagawa, Components of a Difference Between Two Rates, JASA 50 (1955), with the average of both periods as
  standard.
- A product, such as orders x value of an order: each factor's effect by its Shapley value, the average over all orders in
  which the factors could have changed; symmetric, exact, and without trouble at zero. Shorrocks, Decomposition procedures for
  distributional analysis, Journal of Economic Inequality 11 (2013).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, permutations
from math import prod

ZERO = Fraction(0)


@dataclass(frozen=True)
class Part:
    """A part of a change: of a dimension's value or a factor (`of`), by which effect: change, mix, rate, factor or rest."""

    of: str
    effect: str
    amount: Fraction


@dataclass(frozen=True)
class Parts:
    """A ratio's numerator and denominator."""

    of: Fraction
    to: Fraction

    @property
    def ratio(self) -> Fraction | None:
        """Nothing where there is nothing to divide by."""
        return self.of / self.to if self.to else None


def by_value(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> list[Part]:
    """Each value's change of a sum; a value that is in one period only counts 0 in the other."""
    return [Part(v, "change", after.get(v, ZERO) - before.get(v, ZERO)) for v in sorted({*before, *after})]


def mix_and_rate(before: Mapping[str, Parts], after: Mapping[str, Parts]) -> list[Part]:
    """The mix and the rate effect of each value on a ratio.

    A value that is in one period only has the same ratio in both: all that it changes is the mix. What a value adds to the
    numerator without any denominator is not a matter of weights, and counts as rate.
    Raises ValueError when a period's denominators sum to 0, as the ratio is nothing then.
    """
    totals = [_total(before), _total(after)]
    if not all(total.to for total in totals):
        raise ValueError("the ratio has nothing to divide by")
    average = (totals[0].of / totals[0].to + totals[1].of / totals[1].to) / 2
    parts = []
    for value in sorted({*before, *after}):
        of_value = [before.get(value, Parts(ZERO, ZERO)), after.get(value, Parts(ZERO, ZERO))]
        weights = [part.to / total.to for part, total in zip(of_value, totals, strict=True)]
        shares = [part.of / total.to for part, total in zip(of_value, totals, strict=True)]
        ratios = [ratio for part in of_value if (ratio := part.ratio) is not None]
        usual = sum(ratios, ZERO) / len(ratios) if ratios else ZERO
        gained = weights[1] - weights[0]
        parts += [
            Part(value, "mix", gained * (usual - average)),
            Part(value, "rate", shares[1] - shares[0] - gained * usual),
        ]
    return parts


def factors(names: Sequence[str], before: Sequence[Fraction], after: Sequence[Fraction]) -> list[Part]:
    """The effect of each factor on a product.

    before, after: what the factors multiply to, one after the other (buyers, orders, revenue): the first factor is the first of
    them, each further one the quotient of two neighbours. A quotient that is nothing in one period is taken as in the other.
    What is there although an earlier product is 0 (revenue without an order) is no product: it is the part `rest`.
    """
    pairs = list(zip(_quotients(before), _quotients(after), strict=True))
    known = [(_or(one, other), _or(other, one)) for one, other in pairs]
    count = len(known)
    effects = [ZERO] * count
    orders = list(permutations(range(count)))
    for order in orders:
        current = [one for one, _ in known]
        for factor in order:
            was = prod(current, start=Fraction(1))
            current[factor] = known[factor][1]
            effects[factor] += prod(current, start=Fraction(1)) - was
    parts = [Part(name, "factor", effect / len(orders)) for name, effect in zip(names, effects, strict=True)]
    rest = after[-1] - before[-1] - sum((part.amount for part in parts), ZERO)
    return [*parts, Part("not a product", "rest", rest)] if rest else parts


def in_units(parts: Sequence[Part], total: Fraction, unit: Fraction) -> list[Part]:
    """The parts rounded to multiples of `unit` that sum to `total`, itself a multiple: the largest remainders are rounded up.

    `total` may differ from the parts' sum by what rounding the two figures between which they lie made of it.
    """
    floors = [part.amount // unit for part in parts]
    missing = int(total / unit - sum(floors))
    nearest = sorted(range(len(parts)), key=lambda n: (floors[n] - parts[n].amount / unit, n))
    units = list(floors)
    for step in range(abs(missing)):
        if missing > 0:
            units[nearest[step % len(parts)]] += 1
        else:
            units[nearest[-1 - step % len(parts)]] -= 1
    return [Part(p.of, p.effect, Fraction(n) * unit) for p, n in zip(parts, units, strict=True)]


def _total(parts: Mapping[str, Parts]) -> Parts:
    return Parts(sum((p.of for p in parts.values()), ZERO), sum((p.to for p in parts.values()), ZERO))


def _quotients(products: Sequence[Fraction]) -> list[Fraction | None]:
    later = [of / to if to else None for to, of in pairwise(products)]
    return [products[0], *later]


def _or(one: Fraction | None, other: Fraction | None) -> Fraction:
    return next((value for value in (one, other) if value is not None), ZERO)
