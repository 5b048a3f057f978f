"""Discovers the tables: every module of the PACKAGES that declares a `TABLE`.

Nothing else lists them. Each table is after those that it depends on; cycles, unknown sources and names
that do not match their module are refused.
"""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from types import ModuleType

from lakehouse.catalogue.entry import Catalogue, Entry
from libs.tables import ByJob, Merge, RunLog, Table, TableError

# A package that does not exist declares nothing: `ml` declares its own tables.
PACKAGES = ("lakehouse.silver", "lakehouse.gold", "ml.gold")


@cache
def catalogue() -> Catalogue:
    """Every declared table by name, each after those that it depends on.

    Raises TableError, as `discovered` does.
    """
    return discovered(PACKAGES)


class TablesAsked(Mapping[str, Entry]):
    """Every declared table by name, its module imported once it is asked for: most import Spark, which takes longer than an answer.

    Nothing is checked; `catalogue` does that.
    """

    def __init__(self, packages: Sequence[str] = PACKAGES) -> None:
        """Nothing is imported yet."""
        self._names = {".".join(name.split(".")[-2:]): name for name in _module_names(packages)}

    def __getitem__(self, name: str) -> Entry:
        module = importlib.import_module(self._names[name])
        return _entry(module)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def discovered(packages: Sequence[str]) -> Catalogue:
    """The tables that the modules of these packages declare.

    Raises TableError, with every error in one message, for an unknown source, a cycle, a misnamed module, or a transform that
    does not fit its declaration.
    """
    entries = {}
    faults = []
    for module in _modules(packages):
        table: Table = module.TABLE
        expected = ".".join(module.__name__.split(".")[-2:])
        if table.name != expected:
            faults.append(f"{module.__file__}: the table is named {table.name}; name it {expected}, after its module")
        if table.name in entries:
            faults.append(f"{module.__file__}: {table.name} is declared by another module too: rename one")
        entries[table.name] = _entry(module)
    return _ordered(entries, faults)


def _entry(module: ModuleType) -> Entry:
    return Entry(module.TABLE, getattr(module, "transform", None), inspect.cleandoc(module.__doc__ or ""))


def _modules(packages: Sequence[str]) -> Iterator[ModuleType]:
    for name in _module_names(packages):
        module = importlib.import_module(name)
        if hasattr(module, "TABLE"):
            yield module


def _module_names(packages: Sequence[str]) -> Iterator[str]:
    for name in packages:
        parent = name.rpartition(".")[0]
        if importlib.util.find_spec(parent) is None or importlib.util.find_spec(name) is None:
            continue
        for info in pkgutil.iter_modules(importlib.import_module(name).__path__):
            yield f"{name}.{info.name}"


def _ordered(entries: dict[str, Entry], faults: list[str]) -> Catalogue:
    for name, entry in entries.items():
        faults += [f"{name}: source {s} is not declared anywhere" for s in entry.reads if s not in entries]
        faults += [*_transform_faults(entry), *_item_faults(entry.table)]
    if faults:
        raise TableError("\n".join(faults))
    try:
        order = list(TopologicalSorter({n: sorted(e.reads) for n, e in sorted(entries.items())}).static_order())
    except CycleError as error:
        raise TableError("tables depend on each other in a cycle: " + " <- ".join(error.args[1])) from error
    return {name: entries[name] for name in order}


def _transform_faults(entry: Entry) -> list[str]:
    """A transform takes the sources, then `as_of`, then declarations; a table filled by runs, jobs or contracts has none."""
    name, is_filled = entry.table.name, isinstance(entry.table.refresh, Merge | RunLog | ByJob)
    if entry.transform is None:
        return [] if is_filled else [f"{name}: has no transform; its refresh needs one"]
    if is_filled:
        return [f"{name}: has a transform that its refresh never calls; remove it"]
    expected = [s.split(".", 1)[1] for s in entry.table.sources] + (["as_of"] if entry.wants_as_of else []) + entry.wants
    return [] if entry.parameters == expected else [f"{name}: transform takes {entry.parameters}, its sources are {expected}"]


def _item_faults(table: Table) -> list[str]:
    """Where the rows of one item are replaced separately, they are compared separately too."""
    return [
        f"{table.name}: reconciliation {check.name}: does not compare by {column}, the column of its items"
        for column in table.items.values()
        for check in table.reconciliations
        if column not in check.by
    ]
