"""Digests of what a table is computed by: when one changes, the stored rows are out of date.

Code counts by what it does: definitions are followed from a function through every function, class and constant of ours that
it uses, in any module; docstrings, comments, annotations and the names of modules do not count. A declaration counts without
its descriptions. Libraries are not followed: an engine's errors have a revision (`libs.engines.revisions`).
"""

import ast
import hashlib
import inspect
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from pydantic import BaseModel

from lakehouse.catalogue.syntax import OURS, Definition, attributes, codes_of, global_names, nodes_of, syntax

# Fields of a declaration that describe and decide nothing.
DESCRIPTIONS = ("comment", "description", "formerly", "meaning", "unit")
PLAIN = (type(None), bool, int, float, complex, str, bytes, Decimal, date, timedelta)


def digest(*values: object) -> str:
    """A digest of values: plain ones, containers, declarations, functions and classes of ours with all that they use.

    Raises TypeError for a value that can't be followed.
    """
    seen: list[Definition] = []
    texts = [_text(value, seen) for value in values]
    # `seen` grows while definitions are followed.
    definitions = (_definition(made, seen) for made in seen)
    return hashlib.sha256("\n".join([*texts, *definitions]).encode()).hexdigest()[:16]


def _text(value: object, seen: list[Definition]) -> str:
    """The value as text; definitions of ours are added to `seen`, and are in the text as their position in it."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, re.Pattern):
        return f"pattern {value.pattern!r} {value.flags}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(k, seen)}: {_text(v, seen)}" for k, v in value.items()) + "}"
    if isinstance(value, AbstractSet):
        return "{" + ", ".join(sorted(_text(v, seen) for v in value)) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_text(v, seen) for v in value) + "]"
    return _text_of_object(value, seen)


def _text_of_object(value: Any, seen: list[Definition]) -> str:
    unwrapped = inspect.unwrap(value) if callable(value) else value
    if not _is_ours(unwrapped if isinstance(unwrapped, FunctionType | type) else type(unwrapped)):
        return _text_of_foreign(unwrapped)
    if isinstance(unwrapped, FunctionType | type):
        return f"#{_place(unwrapped, seen)}"
    if isinstance(unwrapped, BaseModel):
        return f"{_kind(unwrapped, seen)}{_text({n: getattr(unwrapped, n) for n in type(unwrapped).model_fields}, seen)}"
    if is_dataclass(unwrapped):
        given = {f.name: getattr(unwrapped, f.name) for f in fields(unwrapped) if f.name not in DESCRIPTIONS}
        return f"{_kind(unwrapped, seen)}{_text(given, seen)}"
    raise _unknown(unwrapped)


def _kind(value: object, seen: list[Definition]) -> str:
    """The class of an object with all its methods; of a declaration in `libs.tables`, whose methods compute no rows, its name."""
    kind = type(value)
    return kind.__name__ if kind.__module__.startswith("libs.tables.") else f"#{_place(kind, seen)}"


def _text_of_foreign(value: Any) -> str:
    """A definition of a library, by its name; an object of a library, by its repr."""
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if " at 0x" in repr(value):
        raise _unknown(value)
    return repr(value)


def _unknown(value: object) -> TypeError:
    return TypeError(f"{value!r}: can't be followed; use a function, a class or plain values")


def _is_ours(definition: object) -> bool:
    return str(getattr(definition, "__module__", "")).split(".", 1)[0] in OURS


def _place(definition: Definition, seen: list[Definition]) -> int:
    if definition not in seen:
        seen.append(definition)
    return seen.index(definition)


def _definition(definition: Definition, seen: list[Definition]) -> str:
    """What the definition does, and what it uses by which name."""
    nodes = nodes_of(definition)
    used = {name: _text(value, seen) for name, value in sorted(_used(definition, nodes).items())}
    defaults = _text(_defaults(definition), seen) if isinstance(definition, FunctionType) else ""
    return f"{_written(definition)} {defaults} {used}"


@cache
def _written(definition: Definition) -> str:
    return str([syntax(node) for node in nodes_of(definition)])


def _defaults(function: FunctionType) -> list[object]:
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return [*(function.__defaults__ or ()), function.__kwdefaults__ or {}, *held]


def _used(definition: Definition, nodes: Sequence[ast.AST]) -> dict[str, object]:
    """Global names of its module that the definition uses, and their values; of our modules, the attributes used."""
    module = inspect.getmodule(definition)
    names = {name for code in codes_of(definition) for name in global_names(code)}
    names |= {base.id for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases if isinstance(base, ast.Name)}
    found = {name: vars(module)[name] for name in names if name in vars(module)}
    used: dict[str, object] = {}
    for name, value in found.items():
        if isinstance(value, ModuleType) and value.__name__.split(".", 1)[0] in OURS:
            used |= {f"{name}.{attribute}": getattr(value, attribute) for attribute in attributes(nodes, name)}
        elif not (isinstance(value, type) and value.__module__.startswith("libs.tables.")):
            used[name] = value
    return used
