"""Which packages of requirements.lock a command needs: the dependencies of pyproject.toml, those of some extras, and what they pull in.

The lock says of each package which others ask for it (`# via`), so no resolver and no network is needed. It does not say which
of its extras they ask for: whoever needs `psycopg` gets what `psycopg[binary]` adds, too.
Standard library only: it runs before anything is installed.

python -m libs.packages.selection EXTRA…    prints that part of the lock
"""

import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.settings.project import PROJECT_ROOT

BASE = "base"  # stands for the project's dependencies without any extra
REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^]]*)\])?")


class PackagesError(Exception):
    """The packages can't be picked or installed; the message is one line that says what to do."""


@dataclass(frozen=True)
class Pin:
    """A package at one version: its lines of the lock, and the names of those that ask for it."""

    name: str
    lines: str
    asked_by: frozenset[str]


@dataclass(frozen=True)
class Project:
    """What pyproject.toml asks for: requirements by extra; those under `base` are needed always."""

    name: str
    requirements: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, text: str) -> "Project":
        """The project that a pyproject.toml of that text describes."""
        project = tomllib.loads(text)["project"]
        return cls(normal(project["name"]), {BASE: project["dependencies"], **project["optional-dependencies"]})

    def within(self, extras: Iterable[str]) -> set[str]:
        """These extras, the base, and the extras that they include (`project[extra]`). Raises PackagesError for an unknown one."""
        found, waiting = set[str](), {BASE, *extras}
        while waiting:
            extra = waiting.pop()
            if extra not in self.requirements:
                known = ", ".join(sorted(self.requirements))
                raise PackagesError(f"EXTRAS={extra}: there is no such extra in pyproject.toml, only {known}")
            found.add(extra)
            waiting |= {name for asked, more in self._parsed(extra) if asked == self.name for name in more} - found
        return found

    def asked_for(self, extras: Iterable[str]) -> set[str]:
        """The names of the packages that these extras ask for themselves."""
        return {name for extra in self.within(extras) for name, _ in self._parsed(extra)} - {self.name}

    def _parsed(self, extra: str) -> list[tuple[str, list[str]]]:
        """Each requirement's name and the extras of it that are asked for."""
        matches = [REQUIREMENT.match(requirement) for requirement in self.requirements[extra]]
        return [(normal(m[1]), re.findall(r"[\w.-]+", m[2] or "")) for m in matches if m]


def normal(name: str) -> str:
    """A package's name as locks write it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> list[Pin]:
    """Every package of a lock's text, in its order; one that has several versions for several systems comes as often."""
    blocks = re.split(r"\n(?=\w)", lock.strip())
    return [Pin(normal(m[1]), block, _asked_by(block)) for block in blocks if (m := REQUIREMENT.match(block))]


def _asked_by(block: str) -> frozenset[str]:
    """The names below `# via`: one in the same line, or one a line."""
    comments = re.findall(r"^ +#(?: via(?![^ \n]))?(.*)", block, re.MULTILINE)
    return frozenset(normal(words[0]) for words in map(str.split, comments) if words)


def selected(locked: Sequence[Pin], wanted: Collection[str]) -> list[Pin]:
    """The wanted packages and all that they pull in, in the lock's order. Raises PackagesError for one that is not locked."""
    names = set(wanted)
    missing = names - {pin.name for pin in locked}
    if missing:
        asked = ", ".join(sorted(missing))
        raise PackagesError(f"requirements.lock lacks {asked}, which pyproject.toml asks for: run `make lock`")
    while more := {pin.name for pin in locked if pin.asked_by & names} - names:
        names |= more
    return [pin for pin in locked if pin.name in names]


def part_of_lock(root: Path, extras: Iterable[str]) -> str:
    """The part of the checkout's lock that the base and these extras need, as a lock of its own. Raises PackagesError."""
    project = Project.of((root / "pyproject.toml").read_text(encoding="utf-8"))
    locked = pins((root / "requirements.lock").read_text(encoding="utf-8"))
    return "".join(f"{pin.lines}\n" for pin in selected(locked, project.asked_for(extras)))


if __name__ == "__main__":
    try:
        print(part_of_lock(PROJECT_ROOT, sys.argv[1:]), end="")
    except PackagesError as failure:
        sys.exit(f"packages: {failure}")
