"""What conf/models.yaml declares, a section for each kind of model; a key that is not named there has its default."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from libs.settings.config import Settings
from libs.settings.located import Located, read_located

FILE = "models.yaml"


class Section(BaseModel):
    """One section of the file: frozen, every key has a default, and no others are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Declared = TypeVar("Declared", bound=Section)


class _File(Section):
    """The whole file; each section is judged by who reads it."""

    churn: Mapping[str, Any] = {}
    training: Mapping[str, Any] = {}
    offer: Mapping[str, Any] = {}
    value: Mapping[str, Any] = {}
    purchase: Mapping[str, Any] = {}
    recommendations: Mapping[str, Any] = {}
    drift: Mapping[str, Any] = {}
    serving: Mapping[str, Any] = {}


def declared(settings: Settings, name: str, section: type[Declared]) -> Declared:
    """The section `name`, in the type that reads it. Raises ConfigError, one line with file, line and key of every error."""
    file = settings.conf_file(FILE)
    if file is None:
        return section()
    located = read_located(file, settings.project_root)
    located.validated(_File)
    return _of(located, name).validated(section)


def _of(located: Located, name: str) -> Located:
    """The section as a file of its own that keeps its lines."""
    lines = {place[1:]: line for place, line in located.lines.items() if place[:1] == (name,)}
    return Located(located.name, dict(located.values.get(name) or {}), {(): 1, **lines})
