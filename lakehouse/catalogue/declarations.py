"""Declarations of conf/ that transforms take: a registry from the parameter's name to the file and its loader.

To add a kind of declaration, add its loader here; a transform takes it by a parameter of that name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from lakehouse.funnels.declaration import load_funnels
from libs.settings.config import Settings


class Declaration(Protocol):
    """Declared items; names are unique."""

    @property
    def items(self) -> Mapping[str, object]:
        """The declared items by name; rows of an item that changed are recomputed."""

    def only(self, names: frozenset[str]) -> Self:
        """The declaration of only these items."""


@dataclass(frozen=True)
class Loader:
    """A file of conf/ and its loader: without a file (None) nothing is declared."""

    file: str
    load: Callable[[Path | None, Path], Declaration]


LOADERS: Mapping[str, Loader] = {"funnels": Loader("funnels.yaml", load_funnels)}


def load_declarations(settings: Settings) -> dict[str, Declaration]:
    """Everything that conf/ declares, by the parameter that takes it.

    Raises ConfigError, one line that names the file, and the line and key of each error.
    """
    return {name: loader.load(settings.conf_file(loader.file), settings.project_root) for name, loader in LOADERS.items()}
