"""The main job: raw files become trusted gold tables, and a report.

Without --data it generates its own. Exit status: 0 done, 1 the data or the run failed, 2 wrong usage.
"""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.entry import run_job
from jobs.progress import Progress
from jobs.report import write_report
from lakehouse.bronze.files import source_for
from lakehouse.catalog import catalogue
from lakehouse.gold import quality_results, refresh_results
from lakehouse.refresh.moment import moment_of
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.publication import declared
from lakehouse.refresh.run import Run
from lakehouse.sources import Source, load_sources
from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from libs.config import Settings, load_settings
from libs.errors import InputError
from libs.lease import lease
from libs.secret import pseudonym_key
from libs.store import Store
from libs.table import Table

if TYPE_CHECKING:
    from libs.expectations import Expectations


@dataclass(frozen=True)
class Asked:
    """What the user asked for."""

    data: str | None
    source: str | None
    as_of: datetime | None
    users: int
    as_json: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    asked = _parsed(arguments)
    return run_job("demo", lambda: _demo(asked, load_settings()))


def _parsed(arguments: Sequence[str] | None) -> Asked:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", metavar="DIR", help="folder of raw files; generated ones without it")
    parser.add_argument(
        "--source", metavar="NAME", help="which declared source they are; by default the one whose files are there"
    )
    parser.add_argument("--as-of", metavar="DATE", help="look from the end of this day, or from this timestamp (UTC)")
    parser.add_argument("--users", type=int, default=20_000, metavar="N", help="users to generate; default %(default)s")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, and progress to standard error")
    given = parser.parse_args(arguments)
    if given.users < 1:
        parser.error("--users: at least 1")
    try:
        as_of = moment_of(given.as_of) if given.as_of else None
    except InputError as error:
        parser.error(str(error))
    return Asked(given.data, given.source, as_of, given.users, given.json)


def _demo(asked: Asked, settings: Settings) -> int:
    began = time.monotonic()
    progress = Progress(sys.stderr if asked.as_json else sys.stdout)
    sources = load_sources(settings.conf_files("sources/*.yaml").values())
    data = asked.data or str(_generated(settings, asked.users, progress))
    source = _source(asked, sources, data)
    with lease(Path(settings.lakehouse_root), "demo", settings.lock_wait_seconds, progress.say):
        results = _run(asked, settings, list(sources.values()), source, data, progress)
    results["seconds"] = round(time.monotonic() - began, 1)
    progress.summary(results)
    if asked.as_json:
        print(json.dumps(results, default=str))
    return 0


def _generated(settings: Settings, users: int, progress: Progress) -> Path:
    """Data of that many users, generated once."""
    folder = settings.project_root / "var" / "generated" / f"users-{users}"
    if not (folder / "truth").exists():
        progress.say(f"generating data of {users:,} users into {folder}")
        generate(Parameters(users=users), folder)
    return folder


def _source(asked: Asked, sources: dict[str, Source], data: str) -> Source:
    if asked.source is None:
        return source_for(data, sources)
    if asked.source not in sources:
        raise InputError(f"SOURCE={asked.source}: not declared; there are {', '.join(sources)} (conf/sources/)")
    return sources[asked.source]


def _run(
    asked: Asked, settings: Settings, sources: list[Source], source: Source, data: str, progress: Progress
) -> dict[str, Any]:
    # Imported here: these two take seconds, and a wrong argument should not.
    from libs.expectations import Expectations
    from libs.spark import session

    moment = datetime.now(UTC).replace(microsecond=0)
    run_id = f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
    checks = Expectations(run_id, moment)
    store = Store(session(settings, "demo"), settings.lakehouse_root)
    run = Run(store, moment, checks.enforce, pseudonym_key=pseudonym_key(settings).get_secret_value())
    pipeline = Pipeline(run, catalogue(), sources, progress.table)
    pipeline.take(source, data)
    pipeline.refresh_contracted()
    as_of = asked.as_of or pipeline.last_complete_day()
    progress.say(f"looking from {as_of:%Y-%m-%d %H:%M} UTC")
    pipeline.refresh_derived(as_of)
    results = {"run_id": run_id, "as_of": as_of, "source": source.source, "tables": [asdict(o) for o in pipeline.outcomes]}
    recorded = _record_run(store, checks, results, moment)
    for name in [*(o.table for o in pipeline.outcomes if o.version is not None), *recorded]:
        store.register(name)
    results["report"] = _report(store, sources, checks, settings.report_path)
    return results


def _record_run(store: Store, checks: "Expectations", results: dict[str, Any], moment: datetime) -> list[str]:
    """Append what the run found and did to the tables that tell of runs; returns their names."""
    _record(store, quality_results.TABLE, checks.rows())
    counts = ("table", "mode", "rows_in", "rows_out", "quarantined", "duplicates", "seconds", "version")
    rows = [(results["run_id"], *(o[c] for c in counts), moment, results["as_of"]) for o in results["tables"]]
    _record(store, refresh_results.TABLE, rows)
    return [quality_results.TABLE.name, refresh_results.TABLE.name]


def _record(store: Store, table: Table, rows: list[tuple[Any, ...]]) -> None:
    if rows or not store.exists(table.name):
        store.append(table.name, declared(table, store.spark.createDataFrame(rows, table.schema)))


def _report(store: Store, sources: Sequence[Source], checks: "Expectations", path: Path) -> str:
    """Write the report page and, when anything was checked, the pages of the checks beside it."""
    from libs.data_docs import write_data_docs

    if checks.results:
        write_data_docs(checks.context, path.parent / "data_docs")
    write_report(store, sources, path)
    return str(path)


if __name__ == "__main__":
    sys.exit(main())
