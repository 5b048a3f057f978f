"""Finding a source's files below the data folder, a local one or an object store's address."""

from collections.abc import Mapping
from pathlib import Path

from lakehouse.contract.source import Source
from libs.errors import InputError

GLOB_SIGNS = "\\{}[]*?"


def is_url(data: Path | str) -> bool:
    """Whether `data` is an object store's address and not a local folder."""
    return "://" in str(data)


def stream_path(data: Path | str, patterns: tuple[str, ...]) -> str:
    """The glob under which Spark finds the files of `patterns` below `data`.

    A local folder is made absolute, so that a file has one path however the folder was named.
    """
    folder = str(data).rstrip("/") if is_url(data) else str(_folder(data))
    return f"{literal(folder)}/{{{','.join(patterns)}}}"


def literal(path: str) -> str:
    """The path for a reader that takes glob patterns: its signs are escaped."""
    return "".join(f"\\{c}" if c in GLOB_SIGNS else c for c in path)


def local_files(data: Path | str, source: Source, table: str) -> list[Path]:
    """The table's files below the local folder `data`, sorted. Raises InputError when there is no such folder."""
    folder = _folder(data)
    found = {path for pattern in source.patterns(table) for path in folder.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not path.name.startswith((".", "_")))


def source_for(data: Path | str, sources: Mapping[str, Source]) -> Source:
    """The one declared source whose files are in the local folder `data`.

    Raises InputError when none or several fit.
    """
    if is_url(data):
        raise InputError(f"{data}: name the source whose files these are, one of {', '.join(sources)} (SOURCE=name)")
    there = {name: {t for t in source.tables if local_files(data, source, t)} for name, source in sources.items()}
    complete = [n for n, s in sources.items() if there[n] and there[n] >= {t for t in s.tables if not s.tables[t].optional}]
    fitting = complete or [name for name, tables in there.items() if tables]
    if len(fitting) == 1:
        return sources[fitting[0]]
    if not fitting:
        wanted = "; ".join(f"{n}: {', '.join(s.patterns(t)[0] for t in s.tables)}" for n, s in sources.items())
        raise InputError(f"{_folder(data)}: no file of a declared source is here; looked for {wanted}")
    raise InputError(f"{_folder(data)}: files of several sources are here; name one: SOURCE={' or SOURCE='.join(fitting)}")


def _folder(data: Path | str) -> Path:
    folder = Path(data).expanduser().resolve()
    if not folder.is_dir():
        raise InputError(f"{data}: no such folder; name the folder of the data files in DATA")
    return folder
