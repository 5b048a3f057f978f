"""Events as columns, many actors at once, for the chains of a funnel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Events:
    """Events in the order of actor and time.

    at: moment in microseconds; stop: position after the actor's last event; fits: for each event a bit for each step, then
    for each exclusion of the funnel, that it fits; tie: the number of the group of events that it is of (`ties.tied`), among which
    the order is not known; rank: where some of a group have a sequence number and others none, the place of its number, from 1,
    by which it stands among those that have one; else 0.
    """

    at: Ints
    stop: Ints
    fits: Ints
    tie: Ints
    rank: Ints

    def fit(self, bit: int) -> Bools:
        """Which events fit the step, or the exclusion, of that number."""
        return (self.fits >> bit & 1).astype(bool)

    @property
    def none(self) -> int:
        """The position that means no event."""
        return len(self.at)

    def at_positions(self, positions: Ints) -> "Events":
        """The same events, those of each group in another order; groups and actors stay where they are."""
        return Events(self.at, self.stop, self.fits[positions], self.tie, self.rank)
