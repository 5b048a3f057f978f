"""Which files were taken: it stands in the commits of the bronze table, with the rows, so that each is taken once.

A file is known by its path, size and time of change, and is not opened again while these stay. Where they changed its
contents are compared, by their SHA-256: other contents under a known name are a correction, and taken as a later arrival;
contents that came before under another name are not taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from lakehouse.bronze.endings import file_name
from lakehouse.bronze.files import Found
from lakehouse.bronze.remarks import Remark

CORRECTED = "its contents changed: taken again, as a correction"


@dataclass(frozen=True)
class Taken:
    """A file that was taken, or is not to be, since its contents came before under the path `same_as`.

    Size, time of change and SHA-256 are not known of a file that an older version took, and that was not there since; neither is
    the `batch` that took it, its place among the batch's files, and by what it was read (`lakehouse.bronze.readers`).
    """

    path: str
    size: int | None = None
    modified: str | None = None
    sha256: str | None = None
    same_as: str | None = None
    batch: int | None = None
    file_number: int | None = None
    reading: str | None = None

    def packed(self) -> dict[str, Any]:
        """What is known, as JSON values."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def is_as(self, found: Found) -> bool:
        """Whether the file need not be opened."""
        return (self.size, self.modified) == (found.size, found.modified)


@dataclass(frozen=True)
class Plan:
    """What a run does with the files that it finds.

    take: files to be read. known: files that were taken before and have the same contents. taken: all that was taken
    afterwards. remarks: one on each of the others and on each correction.
    """

    take: Sequence[Found]
    known: Sequence[Found]
    taken: Sequence[Taken]
    remarks: Sequence[Remark]


def planned(found: Iterable[Found], before: Sequence[Taken], digest: Callable[[str], str]) -> Plan:
    """What to do with the files `found`, given what was taken before; `digest` gives the SHA-256 of a path's contents."""
    planning = _Planning(before)
    for file in found:
        planning.judge(file, digest)
    return Plan(planning.take, planning.known, planning.taken, planning.remarks)


class _Planning:
    def __init__(self, before: Sequence[Taken]) -> None:
        self.taken = list(before)
        self.newest = newest(before)
        self.first = {t.sha256: t.path for t in reversed(before) if t.sha256 and t.same_as is None}
        self.take: list[Found] = []
        self.known: list[Found] = []
        self.remarks: list[Remark] = []

    def judge(self, file: Found, digest: Callable[[str], str]) -> None:
        known, name = self.newest.get(file.path), file_name(file.path)
        if file.size == 0:
            self.remarks.append(Remark(name, "empty, nothing to take", "are empty, with nothing to take"))
        elif known is not None and known.is_as(file):
            self._leave(file, known)
        else:
            self._compare(file, known, digest(file.path))

    def _compare(self, file: Found, known: Taken | None, sha256: str) -> None:
        """A path without a digest was taken by an older version, which compared no contents."""
        now = Taken(file.path, file.size, file.modified, sha256)
        if known is not None and known.sha256 in (None, sha256):
            same = replace(now, same_as=known.same_as, batch=known.batch, reading=known.reading)
            self._leave(file, self._noted(same, known))
        elif (known is None or known.same_as is not None) and sha256 in self.first:
            self._leave(file, self._noted(replace(now, same_as=self.first[sha256]), known))
        else:
            if known is not None and known.same_as is None:
                self.remarks.append(
                    Remark(file_name(file.path), CORRECTED, "have other contents than before: taken again, as corrections")
                )
            self.take.append(file)
            self.first.setdefault(sha256, file.path)
            self.taken.append(now)

    def _noted(self, now: Taken, known: Taken | None) -> Taken:
        """The same contents with another time of change, in place of what was known."""
        if known is not None and known.sha256 in (None, now.sha256):
            self.taken[self.taken.index(known)] = now
        else:
            self.taken.append(now)
        if now.same_as is None:
            self.first.setdefault(str(now.sha256), now.path)
        return now

    def _leave(self, file: Found, known: Taken) -> None:
        if known.same_as is None:
            self.known.append(file)
        else:
            name, reason = file_name(file.path), f"its contents came before, as {known.same_as}: not taken"
            self.remarks.append(
                Remark(f"{name} (as {file_name(known.same_as)})", reason, "have contents that came before: not taken", name)
            )


def newest(taken: Iterable[Taken]) -> dict[str, Taken]:
    """What is known of the newest contents of each path."""
    return {file.path: file for file in taken}


def unpacked(state: Mapping[str, Any]) -> list[Taken] | None:
    """What the state of a commit says was taken; None where an older version wrote it."""
    return [Taken(**file) for file in state["files"]] if "files" in state else None
