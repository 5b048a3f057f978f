"""What is below a data folder, local or on an object store: its files, and what is not looked at.

Hidden files and folders, whose names begin with `.` or `_`, are not looked at, and neither are the files of a Delta table, which
hold replaced and deleted rows too. Folders that links lead to are, once. Of hidden files those are told that look like data.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from pathlib import Path
from re import Pattern
from re import compile as compiled

from lakehouse.bronze.endings import FOREIGN, file_name, has_known_ending, in_small

DELTA_LOG = "_delta_log"
HIDDEN = (".", "_")


@dataclass(frozen=True)
class Listed:
    """Paths of files relative to the folder, and those that are not looked at: hidden ones, Delta tables, folders that can't be read."""

    paths: Sequence[str]
    hidden: Sequence[str] = ()
    delta: Sequence[str] = ()
    closed: Sequence[str] = ()


def local(folder: Path) -> Listed:
    """What is below a local folder. Links that lead nowhere are no files."""
    paths: list[str] = []
    hidden: list[str] = []
    delta: list[str] = []
    closed: list[str] = []
    seen = {os.path.realpath(folder)}
    walk = os.walk(folder, onerror=lambda error: closed.append(_below(folder, error.filename) + "/"), followlinks=True)
    for where, folders, names in walk:
        prefix = "" if Path(where) == folder else _below(folder, where) + "/"
        if DELTA_LOG in folders:
            delta.append(prefix or "./")
            folders[:] = []
            continue
        hidden += [prefix + name for name in names if _is_told(name)]
        folders[:] = [name for name in folders if not name.startswith(HIDDEN) and _is_new(Path(where, name), seen)]
        paths += [prefix + name for name in names if not name.startswith(HIDDEN) and Path(where, name).is_file()]
    return Listed(paths, hidden, delta, closed)


def of_keys(keys: Iterable[str]) -> Listed:
    """What is below an address, given the keys of all its objects from there on."""
    given = [key for key in keys if key and not key.endswith("/")]
    delta = sorted({_parent(key, DELTA_LOG) for key in given if f"/{DELTA_LOG}/" in f"/{key}"})
    seen = [key for key in given if not any(folder == "./" or key.startswith(folder) for folder in delta)]
    seen = [key for key in seen if not any(part.startswith(HIDDEN) for part in key.split("/")[:-1])]
    paths = [key for key in seen if not file_name(key).startswith(HIDDEN)]
    return Listed(paths, [key for key in seen if _is_told(file_name(key))], delta)


def _below(folder: Path, path: str) -> str:
    return Path(path).relative_to(folder).as_posix()


def _is_new(folder: Path, seen: set[str]) -> bool:
    real = os.path.realpath(folder)
    is_new = real not in seen
    seen.add(real)
    return is_new


def _is_told(name: str) -> bool:
    """Marks that programs leave, such as `_SUCCESS`, are passed over."""
    return name.startswith(HIDDEN) and (has_known_ending(name) or name.lower().endswith(FOREIGN))


def _parent(key: str, of: str) -> str:
    parts = key.split("/")
    return "/".join(parts[: parts.index(of)]) + "/" if parts.index(of) else "./"


def fits(path: str, patterns: Iterable[str]) -> bool:
    """Whether a relative path fits one of the glob patterns: `*` and `?` within a name, `**` for any folders, `[abc]`."""
    parts = path.split("/")
    parts[-1] = in_small(parts[-1])
    return any(_fits(parts, pattern) for pattern in patterns)


def _fits(parts: Sequence[str], pattern: str) -> bool:
    wanted = _parts(pattern)

    def fit(at: int, of: int) -> bool:
        if of == len(wanted):
            return at == len(parts)
        name = wanted[of]
        if name is None:
            return any(fit(n, of + 1) for n in range(at, len(parts)))
        return at < len(parts) and bool(name.match(parts[at])) and fit(at + 1, of + 1)

    return fit(0, 0)


@cache
def _parts(pattern: str) -> Sequence[Pattern[str] | None]:
    """None stands for `**`."""
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    names[-1:] = [in_small(name) for name in names[-1:]]
    return [None if name == "**" else compiled(translate(name)) for name in names]
