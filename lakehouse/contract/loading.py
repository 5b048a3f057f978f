"""Declared sources, read from their files and checked: keys, columns that silver tables take, SQL that engines compute alike."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lakehouse.contract.expressions import alike_faults, ending_faults, name_faults, without_errors
from lakehouse.contract.fed_columns import by_todays_names
from lakehouse.contract.source import Source
from libs.settings.layers import ConfigError
from libs.settings.located import Place, read_located
from libs.settings.project import PROJECT_ROOT


def load_source(
    file: Path, project_root: Path = PROJECT_ROOT, alike: bool = False, say: Callable[[str], None] = lambda _: None
) -> Source:
    """Return the source that `file` declares; alike: whether functions that engines compute differently are refused.

    Columns of silver tables have their names of today; `say` gets a remark, one line, for each that it calls by a former one.
    Raises ConfigError, one line that names the file, and the line and dotted path of each bad key.
    """
    located = read_located(file, project_root)
    declared = located.validated(Source)
    todays = by_todays_names(declared)
    faults = [
        *_made_faults(declared),
        *todays.faults,
        *name_faults(todays.source),
        *ending_faults(todays.source),
        *(alike_faults(todays.source) if alike else ()),
    ]
    if faults:
        raise ConfigError("; ".join(located.problem(place, fault) for place, fault in faults))
    for (table, column, former), places in todays.former.items():
        lines = ", ".join(str(line) for line in dict.fromkeys(map(located.line, places)))
        say(f"{located.name}:{lines}: {table} takes {former} as {column}, its name of today: rename it there")
    return without_errors(todays.source)


def _made_faults(source: Source) -> Iterator[tuple[Place, str]]:
    """Keys of feeds that are made of others, and that no file may have."""
    for name, table in source.tables.items():
        for entity, feed in table.feeds.items():
            for key in feed.model_fields_set & {"undecided", "written"}:
                yield ("tables", name, "feeds", entity, key), "unknown key"


def load_sources(
    files: Iterable[Path], project_root: Path = PROJECT_ROOT, alike: bool = False, say: Callable[[str], None] = lambda _: None
) -> dict[str, Source]:
    """Return the sources that `files` declare, by name.

    Raises ConfigError as `load_source` does, and when two files declare one name.
    """
    sources: dict[str, Source] = {}
    for file in files:
        source = load_source(file, project_root, alike, say)
        if source.source in sources:
            raise ConfigError(f"{file}: source: {source.source} is declared by another file too; rename one")
        sources[source.source] = source
    return sources
