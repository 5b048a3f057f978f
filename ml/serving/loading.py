"""What is served, loaded from the registry and the published tables: each part anew once what it is made of has changed."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow.compute as pc

from libs.errors import InputError, UserError
from libs.settings.config import Settings
from libs.store.published import Published
from ml.features.manifest import definitions
from ml.gold import churn_features
from ml.registry.tracking import is_begun, tracked
from ml.registry.versions import CHAMPION, NAME, Version, load, none_has, number_of
from ml.serving.by_user import USER, ByUser
from ml.serving.predictions import Predictions

FEATURES = churn_features.TABLE.name
VALUE, RECOMMENDATIONS, CUSTOMERS = "gold.customer_value", "gold.recommendations", "gold.customer_metrics"
# Columns that are served, and the order of a user's rows.
TABLES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    VALUE: (("expected_purchases", "expected_value", "probability_alive", "horizon_days"), ()),
    RECOMMENDATIONS: (("rank", "product_id", "score"), ("rank",)),
    CUSTOMERS: (("rfm_segment", "engagement_tier"), ()),
}
MODEL, SCORES = "champion", "scores"


@dataclass(frozen=True)
class Part:
    """Something that is served, and what it was made of: the same `source` makes the same."""

    source: Hashable
    content: Any
    said: str


@dataclass(frozen=True)
class Loaded:
    """All that is served at one moment. A part that could not be renewed is the former one, and `faults` says why, by its name."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    is_first_over: bool = False

    @property
    def predictions(self) -> Predictions | None:
        """The scores, None before there are any."""
        part = self.parts.get(SCORES)
        return part.content if part else None

    def rows(self, table: str) -> ByUser | None:
        """A table's rows, None where there is no such table."""
        part = self.parts.get(table)
        return part.content if part else None

    @property
    def why_not_ready(self) -> str | None:
        """Why there are no scores, None where there are."""
        if self.predictions is not None:
            return None
        return self.faults.get(MODEL) or self.faults.get(SCORES) or "the model and the features are being loaded"


class Loading:
    """One look at registry and tables: `parts` are those of `before`, or newer ones."""

    def __init__(self, settings: Settings, before: Loaded) -> None:
        """Nothing is read yet. A table is opened at its newest version."""
        self._settings, self._before = settings, before
        self._tables = Published.of(settings)
        self._parts: dict[str, Part] = {}
        self._faults: dict[str, str] = {}

    def loaded(self) -> Loaded:
        """What is served from now on. Raises nothing: what can't be loaded is a fault, and the former part goes on."""
        self._renew(MODEL, self._champion)
        self._renew(SCORES, self._scores)
        for name in TABLES:
            self._renew(name, partial(self._table, name))
        return Loaded(self._parts, self._faults, is_first_over=True)

    def _renew(self, name: str, renewed: Callable[[], Part | None]) -> None:
        before = self._before.parts.get(name)
        try:
            part = renewed()
        # Whatever a library raises: the service goes on with what it has.
        except Exception as error:
            self._faults[name] = _line(name, error)
            part = before
        if part is not None:
            self._parts[name] = part

    def _kept(self, name: str, source: Hashable) -> Part | None:
        before = self._before.parts.get(name)
        return before if before and before.source == source else None

    def _champion(self) -> Part:
        if not is_begun(self._settings):
            raise InputError(none_has(CHAMPION))
        with tracked(self._settings) as client:
            number = number_of(client, CHAMPION)
            if number is None:
                raise InputError(none_has(CHAMPION))
            return self._kept(MODEL, number) or Part(number, _checked(load(client, number)), f"{NAME} version {number}")

    def _scores(self) -> Part | None:
        part = self._parts.get(MODEL)
        if part is None:
            return None
        version = self._tables.newest(FEATURES)
        if version is None:
            raise InputError(f"{self._tables.root} has no {FEATURES}: run `make train` and `make score`")
        source = (part.source, version)
        return self._kept(SCORES, source) or self._computed(source, part.content)

    def _computed(self, source: Hashable, champion: Version) -> Part:
        cutoff = self._tables.greatest(FEATURES, "cutoff")
        if cutoff is None:
            raise InputError(f"{FEATURES} has no rows: run `make score`")
        known = set(self._tables.columns(FEATURES))
        columns = [USER, *(name for name in champion.model.encoding.reads if name in known)]
        rows = self._tables.arrow(FEATURES).to_table(columns=columns, filter=pc.field("cutoff") == cutoff)
        found = Predictions.computed(rows, cutoff, champion)
        return Part(source, found, f"{len(found.rows):,} users scored by version {champion.number}, as of {cutoff}")

    def _table(self, name: str) -> Part | None:
        version = self._tables.newest(name)
        return None if version is None else self._kept(name, version) or self._read(name, version)

    def _read(self, name: str, version: int) -> Part:
        columns, order = TABLES[name]
        missing = sorted({USER, *columns} - set(self._tables.columns(name)))
        if missing:
            raise InputError(f"{name} has no column {', '.join(missing)}")
        rows = ByUser(self._tables.arrow(name).to_table(columns=[USER, *columns]), order)
        return Part(version, rows, f"{name} version {version}, {len(rows):,} rows")


def _checked(champion: Version) -> Version:
    """Features that mean something else than those that it was trained on would give wrong scores, silently."""
    if champion.model.definitions != definitions():
        raise InputError(
            f"{NAME} version {champion.number} is refused: its features are defined otherwise than this process computes them: "
            "run `make train` and `make promote`, or start the service anew where the program is newer"
        )
    return champion


def _line(name: str, error: Exception) -> str:
    """One line; what our own errors say begins with what they are about."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if isinstance(error, UserError) else f"{name} can't be read: {said[:300]}"
