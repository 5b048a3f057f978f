"""Replays fixed rows of quarantine: `--export FILE` writes the rejected rows, FILE takes them after fixing.

A fixed row is appended to bronze, naming the row that it replaces, and is processed from there; all tables are refreshed at
once. A row left as it was stays in quarantine. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from jobs.entry import leave, run_job
from jobs.refresh import add_arguments, asked_of, progress_of, run_and_report
from libs.counted import counted
from libs.errors import InputError
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from lakehouse.contract.source import Source
    from lakehouse.refresh.orchestration import Asked
    from libs.store.port import Store
    from libs.store.reader import Reader

Line = dict[str, Any]
Lines = dict[str, list[Line]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="replay", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="fixed rows, one JSON object per line")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write the rows in quarantine there, and end")
    add_arguments(parser)
    given = parser.parse_args(arguments)
    if (given.file is None) == (given.export is None):
        parser.error("name the FILE of fixed rows, or --export FILE to get the rejected ones")
    asked, settings = asked_of(parser, given), load_settings()
    if given.export is not None:
        return run_job("replay", lambda: _export(given.export, settings))
    return run_job("replay", lambda: _replay(given.file, asked, given, settings))


def _export(file: Path, settings: Settings) -> int:
    from libs.store.published import Published

    tables = Published.of(settings)
    lines = [line for source, name in _tables(settings) for line in _rejected(tables, source, name)]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    print(f"{counted(len(lines), 'row')} of quarantine written to {file}: fix their `row`, then make replay FILE={file}")
    return 0


def _tables(settings: Settings) -> "list[tuple[Source, str]]":
    from lakehouse.contract.loading import load_sources

    sources = load_sources(settings.conf_files("sources/*.yaml").values())
    return [(source, name) for source in sources.values() for name in source.tables]


def _rejected(tables: "Reader", source: "Source", name: str) -> Iterable[Line]:
    """A line a rejected row of bronze; one that several silver tables rejected is one line with all the reasons."""
    quarantine = source.quarantine_name(name)
    if not tables.exists(quarantine):
        return []
    lines: dict[int, Line] = {}
    order = [(name, "ascending") for name in ("_ingested_at", "_source_file", "_row_hash", "entity")]
    for found in tables.arrow(quarantine).to_table().sort_by(order).to_pylist():
        line = {"table": quarantine, "replaces": str(found["_row_hash"]), "source_file": found["_source_file"], "reasons": []}
        line = lines.setdefault(found["_row_hash"], line | {"row": json.loads(found["raw"])})
        line["reasons"] += [reason for reason in found["reasons"] if reason not in line["reasons"]]
    return lines.values()


def _replay(file: Path, asked: "Asked", options: argparse.Namespace, settings: Settings) -> int:
    progress = progress_of(options)
    given = _read(file, {source.quarantine_name(name) for source, name in _tables(settings)})

    def take(store: "Store", moment: datetime) -> None:
        for source, name in _tables(settings):
            lines = given.get(source.quarantine_name(name), [])
            fixed = _fixed(lines, _rejected(store, source, name)) if lines else []
            _append(store, source, name, fixed, moment)
            if lines:
                progress.say(f"{source.quarantine_name(name)}: {len(fixed):,} of {len(lines):,} rows are fixed and replayed")

    return run_and_report(asked, settings, progress, options.json, take)


def _read(file: Path, tables: set[str]) -> Lines:
    """The file's lines by table. Raises InputError, naming file and line, for one that `--export` can't have written."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: can't be read: {error}") from None
    found: Lines = {}
    for number, content in enumerate(text.splitlines(), 1):
        try:
            line = json.loads(content)
            found.setdefault(line["table"], []).append(line | {"replaces": int(line["replaces"]), "row": dict(line["row"])})
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{file}, line {number}: no JSON object with table, replaces and row, as --export writes") from None
        if line["table"] not in tables:
            raise InputError(f"{file}, line {number}: no declared source has a table {line['table']}")
    return found


def _fixed(given: Iterable[Line], rejected: Iterable[Line]) -> list[Line]:
    """The given lines that replace a row that is still in quarantine, and differ from it."""
    there = {int(line["replaces"]): line["row"] for line in rejected}
    return [line for line in given if line["replaces"] in there and line["row"] != there[line["replaces"]]]


def _append(store: "Store", source: "Source", name: str, fixed: list[Line], moment: datetime) -> None:
    """Append the fixed rows to bronze, under the names of their files. Their values become text again."""
    from pyspark.sql import functions as F

    from lakehouse.bronze.readers import state_after
    from lakehouse.bronze.rows import REPLACES, bronze_table

    if not fixed:
        return
    fields = list(source.tables[name].all_fields)
    names = [*fields, "_source_file", REPLACES]
    rows = [(*(_text(m["row"].get(f)) for f in fields), f"fixed {m['source_file']}", m["replaces"]) for m in fixed]
    schema = ", ".join(f"`{n}` {'bigint' if n == REPLACES else 'string'}" for n in names)
    given = store.spark.createDataFrame(rows, schema).withColumn("_ingested_at", F.lit(moment))
    bronze = bronze_table(source, name)
    missing = {c.name: F.lit(None).cast(c.type) for c in bronze.columns if c.name not in given.columns}
    store.append(bronze, given.withColumns(missing), state_after(store, bronze.name))


def _text(value: Any) -> str | None:
    return None if value in (None, "") else normalize("NFC", str(value))


if __name__ == "__main__":
    leave(main())
