"""What is below a data folder, local or on an object store: its files, and what is not looked at.

Hidden files and folders, whose names begin with `.` or `_`, are not looked at, and neither are the files of a Delta table, which
hold replaced and deleted rows too. Folders that links lead to are, once. Of hidden files those that look like data are reported.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lakehouse.bronze.endings import FOREIGN, file_name, has_known_ending
from lakehouse.bronze.spelling import composed_name

DELTA_LOG = "_delta_log"
HIDDEN = (".", "_")
ANY_FOLDERS = "(?:[^/]+/)*"
# Of a name in a pattern: choices of characters, and each other character alone.
SIGNS = re.compile(r"\[!?[^\]]+\]|.", re.DOTALL)


@dataclass(frozen=True)
class Listed:
    """Paths of files relative to the folder, and those that are not looked at.

    These are hidden ones, Delta tables, folders that can't be read, and what is no file: links that lead nowhere, pipes, devices.
    """

    paths: Sequence[str]
    hidden: Sequence[str] = ()
    delta: Sequence[str] = ()
    closed: Sequence[str] = ()
    no_files: Sequence[str] = ()


def local(folder: Path) -> Listed:
    """What is below a local folder."""
    paths: list[str] = []
    hidden: list[str] = []
    delta: list[str] = []
    closed: list[str] = []
    no_files: list[str] = []
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
        for name in names:
            if not name.startswith(HIDDEN):
                (paths if Path(where, name).is_file() else no_files).append(prefix + name)
    return Listed(paths, hidden, delta, closed, no_files)


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
    """Whether a relative path fits one of the glob patterns: `*` and `?` within a name, `**` for any folders, `[abc]`.

    Capitals are the same letters, as programs of other systems write names. Both are in Unicode's composed form: macOS gives names
    in another.
    """
    return bool(_any_of(tuple(patterns)).match(composed_name(path)))


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?si:{'|'.join(map(_pattern, patterns))})\\Z" if patterns else r"(?!)")


def _pattern(pattern: str) -> str:
    *folders, name = [part for part in composed_name(pattern).split("/") if part not in ("", ".")] or [""]
    begin = "".join(ANY_FOLDERS if part == "**" else _name(part) + "/" for part in folders)
    return f"(?:{begin}{ANY_FOLDERS + '[^/]+' if name == '**' else _name(name)})"


def _name(glob: str) -> str:
    return "".join(_sign(part) for part in SIGNS.findall(glob))


def _sign(glob: str) -> str:
    if glob in ("*", "?"):
        return "[^/]*" if glob == "*" else "[^/]"
    if len(glob) > 1:
        chosen = glob[1:-1].replace("\\", r"\\")
        return f"[^/{chosen[1:]}]" if chosen.startswith("!") else f"[{chosen.replace('^', chr(92) + '^')}]"
    return re.escape(glob)
