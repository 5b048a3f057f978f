"""A declared table with its code."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lakehouse.catalogue.digest import digest
from libs.tables import Merge, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Transform = Callable[..., "DataFrame"]


@dataclass(frozen=True)
class Entry:
    """A declared table with its transform (none for tables that are filled by contract, by the run itself or by a job).

    meaning: the docstring of its module: a summary, then grain, scope and limits.
    """

    table: Table
    transform: Transform | None
    meaning: str = ""

    @property
    def reads(self) -> list[str]:
        """Every table that this one depends on, lookups and references included."""
        refresh = self.table.refresh
        extra = [*(k.table for k in refresh.lookups), *refresh.references.values()] if isinstance(refresh, Merge) else []
        return list(dict.fromkeys([*self.table.sources, *extra]))

    @property
    def wants_as_of(self) -> bool:
        """Whether the transform takes the moment that figures are as of."""
        return "as_of" in self.parameters

    @property
    def wants(self) -> list[str]:
        """Names of the declarations of conf/ that the transform takes."""
        # Their loaders import what reads them, which a catalogue that is only listed does not need.
        from lakehouse.catalogue.declarations import LOADERS

        return [name for name in self.parameters if name in LOADERS]

    @property
    def parameters(self) -> list[str]:
        """Names of the transform's parameters."""
        return [] if self.transform is None else list(inspect.signature(self.transform).parameters)

    @cached_property
    def code(self) -> str:
        """A digest of the transform and of the declaration without its descriptions; when it changes, the table is recomputed."""
        return digest(self.table, self.transform)


Catalogue = Mapping[str, Entry]


def fed_tables(catalogue: Catalogue) -> dict[str, Table]:
    """The tables that contracts feed, by the names of their feeds."""
    return {e.table.refresh.entity: e.table for e in catalogue.values() if isinstance(e.table.refresh, Merge)}
