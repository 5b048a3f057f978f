"""A YAML file with the line of each of its values, so that an error can name it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import normalize

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from libs.settings.layers import ConfigError

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
# The same in C, where PyYAML was built with it, takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Located:
    """The contents of a file, its `name` in errors, and the line of every value by its path of keys and positions."""

    name: str
    values: dict[str, Any]
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of the value at `place`, or of the nearest existing part around it."""
        return next(self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines)

    def problem(self, place: Place, message: str) -> str:
        """The error of the value at `place`, as one line."""
        return f"{self.name}:{self.line(place)}: {'.'.join(map(str, place))}: {message}"

    def validated(self, model: type[Model]) -> Model:
        """The values as an object of `model`; raises ConfigError, one line with the place of every error."""
        try:
            return model.model_validate(self.values)
        except ValidationError as error:
            found = error.errors(include_url=False)
            problems = [self.problem(e["loc"], _words(e["type"], e["msg"], _keys(model, e["loc"]))) for e in found]
            raise ConfigError("; ".join(problems)) from None


def raise_faults(title: str, faults: Sequence[tuple[Place, str]]) -> None:
    """Raise every error that a model's validator found, each at its own place, so that it is reported with its line."""
    if faults:
        errors = [InitErrorDetails(type=PydanticCustomError("fault", "{m}", {"m": m}), loc=p, input=None) for p, m in faults]
        raise ValidationError.from_exception_data(title, errors)


def read_located(file: Path, project_root: Path) -> Located:
    """Read a file that holds a mapping; files inside `project_root` are named relative to it in errors.

    Raises ConfigError, naming file and line, when it is not YAML, is not a mapping, or has a key twice.
    """
    name = str(file.relative_to(project_root) if file.is_relative_to(project_root) else file)
    node, values = _read(file, name)
    if not isinstance(values, dict):
        raise ConfigError(f"{name}:1: must hold a mapping")
    lines: dict[Place, int] = {(): 1}
    if node is not None:
        _add_lines(lines, name, node, ())
    return Located(name, values, lines)


def _words(kind: str, message: str, keys: Sequence[str]) -> str:
    unknown = f"unknown key (known: {', '.join(keys)})" if keys else "unknown key"
    words = {"extra_forbidden": unknown, "missing": "missing", "tuple_type": "write a list, as [a] or [a, b]"}
    return words.get(kind, message.removeprefix("Value error, "))


def _keys(model: Any, place: Place) -> list[str]:
    """The keys of the mapping around `place`, where models within models alone lead there; else none."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    if len(place) == 1:
        return [field.alias or name for name, field in model.model_fields.items()]
    inner = model.model_fields.get(str(place[0]))
    return _keys(inner.annotation, place[1:]) if inner else []


def _read(file: Path, name: str) -> tuple[yaml.Node | None, Any]:
    try:
        # Names and words in Unicode's composed form, as the values are that they are compared with.
        loader = LOADER(normalize("NFC", file.read_text(encoding="utf-8")))
        node = loader.get_single_node()
        return node, {} if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{name}:{mark.line + 1 if mark else 1}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from error


def _add_lines(lines: dict[Place, int], name: str, node: yaml.Node, place: Place) -> None:
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            lines[(*place, position)] = item.start_mark.line + 1
            _add_lines(lines, name, item, (*place, position))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here, line = (*place, str(key.value)), key.start_mark.line + 1
            if here in lines:
                raise ConfigError(f"{name}:{line}: {'.'.join(map(str, here))}: set twice, first in line {lines[here]}")
            lines[here] = line
            _add_lines(lines, name, value, here)
