"""The catalogue discovers the tables: every module below `silver/` and `gold/` that declares a `TABLE`.

Nothing else lists them. It orders them by their sources and refuses cycles, unknown sources and names that do not match
their module.
"""

import ast
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from types import ModuleType
from typing import TYPE_CHECKING

import lakehouse.gold
import lakehouse.silver
from libs.tables import Merge, Table, TableError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Transform = Callable[..., "DataFrame"]
# What a transform may take besides its sources and `as_of`: declarations of conf/, which the run brings along.
DECLARATIONS = ("funnels",)


@dataclass(frozen=True)
class Entry:
    """A declared table with the code that fills it (none for tables that are filled by contract or by the runner)."""

    table: Table
    transform: Transform | None
    fingerprint: str

    @property
    def reads(self) -> list[str]:
        """Every table that this one is made from, lookups and references included."""
        refresh = self.table.refresh
        extra = [*(k.table for k in refresh.lookups), *refresh.references.values()] if isinstance(refresh, Merge) else []
        return list(dict.fromkeys([*self.table.sources, *extra]))

    @property
    def wants_as_of(self) -> bool:
        """Whether the transform takes the moment that the run looks from."""
        return "as_of" in self._parameters

    @property
    def wants(self) -> list[str]:
        """Names of the declarations that the transform takes (DECLARATIONS)."""
        return [name for name in self._parameters if name in DECLARATIONS]

    @property
    def _parameters(self) -> list[str]:
        return [] if self.transform is None else list(inspect.signature(self.transform).parameters)


Catalogue = Mapping[str, Entry]


@cache
def catalogue() -> Catalogue:
    """Every declared table by name, in an order in which each comes after what it is made from.

    Raises TableError, with every fault in one message, for an unknown source, a cycle or a misnamed module.
    """
    entries = {}
    faults = []
    for module in _modules():
        table: Table = module.TABLE
        expected = ".".join(module.__name__.split(".")[-2:])
        if table.name != expected:
            faults.append(f"{module.__file__}: the table is named {table.name}, its module says {expected}")
        entries[table.name] = Entry(table, getattr(module, "transform", None), fingerprint(module))
    return _ordered(entries, faults)


def _modules() -> Iterator[ModuleType]:
    for package in (lakehouse.silver, lakehouse.gold):
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            if hasattr(module, "TABLE"):
                yield module


def _ordered(entries: dict[str, Entry], faults: list[str]) -> Catalogue:
    for name, entry in entries.items():
        faults += [f"{name}: source {s} is not declared anywhere" for s in entry.reads if s not in entries]
        faults += _parameter_faults(entry)
    if faults:
        raise TableError("\n".join(faults))
    try:
        order = list(TopologicalSorter({n: sorted(e.reads) for n, e in sorted(entries.items())}).static_order())
    except CycleError as error:
        raise TableError("tables are made from each other in a circle: " + " <- ".join(error.args[1])) from error
    return {name: entries[name] for name in order}


def _parameter_faults(entry: Entry) -> list[str]:
    if entry.transform is None:
        return []
    expected = [s.split(".", 1)[1] for s in entry.table.sources] + (["as_of"] if entry.wants_as_of else []) + entry.wants
    actual = list(inspect.signature(entry.transform).parameters)
    return [] if actual == expected else [f"{entry.table.name}: transform takes {actual}, its sources say {expected}"]


def fingerprint(module: ModuleType) -> str:
    """A digest of the code of a module and of our own modules that it imports, comments and docstrings left out.

    A table whose fingerprint changed is computed anew from scratch.
    """
    digest = hashlib.sha256()
    for name in sorted(_own_imports(module.__name__, set())):
        digest.update(_code(importlib.import_module(name)).encode())
    return digest.hexdigest()[:16]


def _own_imports(name: str, seen: set[str]) -> set[str]:
    if name in seen or not name.startswith(("lakehouse.", "libs.")):
        return seen
    seen.add(name)
    for node in ast.walk(ast.parse(inspect.getsource(importlib.import_module(name)))):
        if isinstance(node, ast.ImportFrom) and node.module:
            _own_imports(node.module, seen)
    return seen


def _code(module: ModuleType) -> str:
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
