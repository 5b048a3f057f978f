"""Finding a source's files below the data folder, a local one or an object store's address, and opening them."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from lakehouse.bronze.listing import Listed, fits, local, of_keys
from lakehouse.bronze.remarks import names
from lakehouse.contract.source import Source
from libs.errors import InputError
from libs.settings.config import load_settings
from libs.settings.settings import S3Settings
from libs.store.place import object_store, object_store_at
from libs.store.unreachable import reported

# Bytes that are hashed at once.
BLOCK = 1 << 20


@dataclass(frozen=True)
class Found:
    """A file as it lies there: path, bytes, and the moment of its last change (ISO, UTC)."""

    path: str
    size: int
    modified: str


@dataclass(frozen=True)
class Listing:
    """The files below a data folder by their paths from there, and what is not looked at."""

    files: Mapping[str, Found]
    left_out: Listed

    def of(self, patterns: Iterable[str]) -> list[Found]:
        """The files that fit one of the patterns, in natural order."""
        given = tuple(patterns)
        return sorted((f for path, f in self.files.items() if fits(path, given)), key=lambda file: natural(file.path))


@dataclass(frozen=True)
class Files:
    """Local files, or those of an object store. It can be sent to another process, where the store's key is the environment's."""

    s3: S3Settings | None = None
    _opened: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, data: Path | str) -> "Files":
        """The files at a folder or an address; the settings say how the object store is reached."""
        if not is_url(data):
            return cls()
        settings = load_settings()
        if settings.s3 is None:
            raise InputError(f"{data}: the settings name no object store: set `s3`, as conf/cluster.yaml does")
        return cls(settings.s3, object_store(settings))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.s3,)

    def below(self, data: Path | str, patterns: Iterable[str]) -> list[Found]:
        """The files of the patterns below `data` in natural order, `part-9` before `part-10`; hidden ones are left out.

        Raises as `listing` does.
        """
        return self.listing(data).of(patterns)

    def listing(self, data: Path | str) -> "Listing":
        """All that is below `data`.

        Raises InputError when there is no such local folder, StoreUnreachable where the object store can't be asked.
        """
        if self.s3 is None:
            folder = folder_of(data)
            listed = local(folder)
            return Listing({path: _of_local(folder / path) for path in listed.paths}, listed)
        with reported(str(data), OSError):
            start = self._store._strip_protocol(str(data)).rstrip("/") + "/"
            objects = {name.removeprefix(start): info for name, info in self._store.find(start, detail=True).items()}
        listed = of_keys(key for key, info in objects.items() if info["type"] == "file")
        return Listing({path: _of_object(objects[path]) for path in listed.paths}, listed)

    def open(self, path: str) -> BinaryIO:
        """The file, to be read."""
        return Path(path).open("rb") if self.s3 is None else cast(BinaryIO, self._store.open(path, "rb"))

    def look(self, path: str) -> Found:
        """The file as it lies there now."""
        return _of_local(Path(path)) if self.s3 is None else _of_object(self._store.info(path))

    def digest(self, path: str) -> str:
        """The SHA-256 of the file's bytes, in hexadecimal digits."""
        found = hashlib.sha256()
        with self.open(path) as file:
            while block := file.read(BLOCK):
                found.update(block)
        return found.hexdigest()

    @property
    def _store(self) -> Any:
        assert self.s3 is not None
        return self._opened or object_store_at(self.s3)


def _of_local(path: Path) -> Found:
    known = path.stat()
    return Found(str(path), known.st_size, datetime.fromtimestamp(known.st_mtime, UTC).isoformat())


def _of_object(info: Mapping[str, Any]) -> Found:
    return Found(f"s3a://{info['name']}", info["size"], info["LastModified"].isoformat())


def natural(path: str) -> tuple[list[list[str | int]], str]:
    """What paths are ordered by, folder by folder, so that numbers in them count as such, and capitals as small letters.

    Paths that are equal so, as `a-1` and `A-01`, are ordered as they are written.
    """
    folders = path.lower().split("/")
    return [[int(part) if n % 2 else part for n, part in enumerate(re.split("([0-9]+)", name))] for name in folders], path


def is_url(data: Path | str) -> bool:
    """Whether `data` is an object store's address and not a local folder."""
    return "://" in str(data)


def local_files(data: Path | str, source: Source, table: str) -> list[Path]:
    """The table's files below the local folder `data`, in natural order. Raises InputError when there is no such folder."""
    return [Path(found.path) for found in Files().below(data, source.patterns(table))]


def source_for(data: Path | str, sources: Mapping[str, Source]) -> Source:
    """The one declared source whose files are in the local folder `data`.

    Raises InputError when none or several fit.
    """
    if is_url(data):
        raise InputError(f"{data}: name the source whose files these are, one of {', '.join(sources)} (SOURCE=name)")
    listing = Files().listing(data)
    there = {name: {t for t in source.tables if listing.of(source.patterns(t))} for name, source in sources.items()}
    complete = [n for n, s in sources.items() if there[n] and there[n] >= {t for t in s.tables if not s.tables[t].optional}]
    fitting = complete or [name for name, tables in there.items() if tables]
    if len(fitting) == 1:
        return sources[fitting[0]]
    if not fitting:
        wanted = "; ".join(f"{n}: {', '.join(s.patterns(t)[0] for t in s.tables)}" for n, s in sources.items())
        here = f" (here are {names(sorted(listing.files, key=natural))})" if listing.files else ""
        raise InputError(f"{folder_of(data)}: no file of a declared source is here{here}; looked for {wanted}")
    raise InputError(f"{folder_of(data)}: files of several sources are here; name one: SOURCE={' or SOURCE='.join(fitting)}")


def folder_of(data: Path | str) -> Path:
    """The local folder `data`, whole. Raises InputError when there is none."""
    folder = Path(data).expanduser().resolve()
    if not folder.is_dir():
        raise InputError(f"{data}: no such folder; name the folder of the data files in DATA")
    return folder
