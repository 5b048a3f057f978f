"""Lays YAML mappings over each other and remembers which file each value is from, so that an error can name it."""

import re
from pathlib import Path
from typing import Any

import yaml

from libs.errors import UserError


class ConfigError(UserError):
    """The settings are wrong; the message is one line that names the file or variable, the key, and what is wrong."""


class Layers:
    """Values merged so far, key by key, and the origin of each."""

    def __init__(self, project_root: Path) -> None:
        """Start empty; files inside `project_root` are named relative to it in errors."""
        self.values: dict[str, Any] = {}
        self._origins: dict[tuple[str, ...], str] = {}
        self._project_root = project_root
        self._first = ""

    def add_file(self, file: Path, forbidden: tuple[str, ...] = ()) -> None:
        """Lay `file` over what is there; raise ConfigError if it isn't a YAML mapping or sets a `forbidden` key."""
        name = self._name(file)
        self._first = self._first or name
        content = _read_mapping(file, name)
        for key in forbidden:
            if key in content:
                raise ConfigError(f"{name}: {key}: may not be set in a file")
        self._merge(self.values, content, (), name)

    def set(self, path: tuple[str, ...], value: str, origin: str) -> None:
        """Set one value by its path of keys."""
        content: Any = value
        for key in reversed(path):
            content = {key: content}
        self._merge(self.values, content, (), origin)

    def fill_in(self, name: str) -> None:
        """Put the values of the mapping `name` in the place of `${name.key}` in every text; raise ConfigError for an unknown key."""
        known = self.values.get(name, {})
        self.values = {key: self._filled(value, name, known, (key,)) for key, value in self.values.items()}

    def _filled(self, value: Any, name: str, known: dict[str, Any], path: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(inner, name, known, (*path, str(key))) for key, inner in value.items()}
        if not isinstance(value, str):
            return value
        for placeholder, key in re.findall(rf"(\$\{{{name}\.(\w+)\}})", value):
            if key not in known:
                raise ConfigError(f"{self._origin(path)}: {'.'.join(path)}: there is no {name}.{key}")
            value = value.replace(placeholder, str(known[key]))
        return value

    def problem(self, path: tuple[str | int, ...], kind: str, message: str) -> str:
        """Say in one line what is wrong at `path`; `kind` is pydantic's type of error."""
        keys = tuple(str(key) for key in path)
        words = {"extra_forbidden": "unknown key", "missing": "missing"}.get(kind, message)
        return f"{self._origin(keys)}: {'.'.join(keys)}: {words}"

    def _merge(self, into: dict[str, Any], content: dict[str, Any], path: tuple[str, ...], origin: str) -> None:
        for key, value in content.items():
            here = (*path, str(key))
            self._origins[here] = origin
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                self._merge(into[key], value, here, origin)
            elif isinstance(value, dict):
                into[key] = {}
                self._merge(into[key], value, here, origin)
            else:
                into[key] = value

    def _origin(self, keys: tuple[str, ...]) -> str:
        """A missing key has no origin of its own: its nearest parent's is named, or the first file."""
        for length in range(len(keys), 0, -1):
            if keys[:length] in self._origins:
                return self._origins[keys[:length]]
        return self._first

    def _name(self, file: Path) -> str:
        return str(file.relative_to(self._project_root) if file.is_relative_to(self._project_root) else file)


def _read_mapping(file: Path, name: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(f"{name}: not valid YAML{f' at line {mark.line + 1}' if mark else ''}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{name}: must hold a mapping of settings")
    return content
