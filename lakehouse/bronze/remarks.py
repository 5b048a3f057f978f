"""Remarks on files: one line for each kind of remark, however many files it is made on."""

from collections.abc import Iterable
from dataclasses import dataclass

# Names that a line gives before it counts the rest.
NAMED = 5


@dataclass(frozen=True)
class Remark:
    """What is said of a file. `alone`: behind its name, where it is the only one; `of_several`: of it and others alike.

    name: as it stands in a line of several; `alone_name`, where that is another, in a line of its own.
    """

    name: str
    alone: str
    of_several: str
    alone_name: str | None = None


def lines(remarks: Iterable[Remark]) -> list[str]:
    """One line for each kind of remark, in the order of their first ones: `a.csv: …`, or `7 files …: a.csv, b.csv and 5 more`."""
    kinds: dict[str, list[Remark]] = {}
    for remark in remarks:
        kinds.setdefault(remark.of_several, []).append(remark)
    return [_line(kind, made) for kind, made in kinds.items()]


def _line(kind: str, made: list[Remark]) -> str:
    if len(made) == 1:
        (one,) = made
        return f"{one.alone_name or one.name}: {one.alone}"
    return f"{len(made):,} files {kind}: {names(remark.name for remark in made)}"


def names(given: Iterable[str]) -> str:
    """The first names, and how many there are besides."""
    known = list(given)
    rest = f" and {len(known) - NAMED:,} more" if len(known) > NAMED else ""
    return ", ".join(known[:NAMED]) + rest
