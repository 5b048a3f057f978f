"""Takes new files, if any are named, and brings every table up to date; then writes the report.

Exit status: 0 done, 1 the data or the run failed, 2 wrong usage.
"""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.checks import Checks
from jobs.entry import leave, run_job
from jobs.progress import Progress
from jobs.report import write_report
from lakehouse.bronze.files import source_for
from lakehouse.catalog import catalogue
from lakehouse.dashboards.connection import forget_kept_answers
from lakehouse.funnels.declaration import Funnels, load_funnels
from lakehouse.gold import quality_results, reconciliation, refresh_results
from lakehouse.metrics.declaration import Metrics
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.views import publish_views
from lakehouse.refresh.moment import moment_of
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.publication import declared
from lakehouse.refresh.run import Run
from lakehouse.sources import Source, load_sources
from libs.cluster.environment import known_environment
from libs.config import Settings, load_settings
from libs.errors import InputError
from libs.secret import pseudonym_key
from libs.store import Store
from libs.table import Table, TableError
from libs.writing import writing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Results = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a run is asked for: a folder of raw files, the source that they are, and the moment to look from."""

    data: str | None
    source: str | None
    as_of: datetime | None
    as_json: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that `asked_of` reads."""
    parser.add_argument("--data", metavar="DIR", help="folder of raw files")
    parser.add_argument(
        "--source", metavar="NAME", help="which declared source they are; by default the one whose files are there"
    )
    parser.add_argument("--as-of", metavar="DATE", help="look from the end of this day, or from this timestamp (UTC)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, and progress to standard error")


def asked_of(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Asked:
    """What the parsed arguments ask for; ends the process with status 2 when the moment can't be read."""
    try:
        as_of = moment_of(given.as_of) if given.as_of else None
    except InputError as error:
        parser.error(str(error))
    return Asked(given.data, given.source, as_of, given.json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="refresh", description=__doc__.splitlines()[0] if __doc__ else None)
    add_arguments(parser)
    asked = asked_of(parser, parser.parse_args(arguments))
    return run_job("refresh", lambda: refresh(asked, load_settings(), Progress(sys.stderr if asked.as_json else sys.stdout)))


def refresh(asked: Asked, settings: Settings, progress: Progress, first: Callable[[Store, datetime], None] | None = None) -> int:
    """Bring all tables up to date, as the one writer; `first` is done before, with the store and the run's moment.

    Returns 0. Raises what `jobs.entry.run_job` tells the user.
    """
    began = time.monotonic()
    sources = load_sources(settings.conf_files("sources/*.yaml").values())
    source = _source(asked, sources) if asked.data else None
    with writing(settings, "refresh", progress.say):
        results = _refresh(asked, settings, list(sources.values()), source, progress, first)
    results["seconds"] = round(time.monotonic() - began, 1)
    progress.summary(results)
    warning = forget_kept_answers(known_environment(settings))
    if warning:
        progress.say(warning)
    if asked.as_json:
        print(json.dumps(results, default=str))
    return 0


def _source(asked: Asked, sources: dict[str, Source]) -> Source:
    if asked.source is None:
        return source_for(str(asked.data), sources)
    if asked.source not in sources:
        raise InputError(f"SOURCE={asked.source}: not declared; there are {', '.join(sources)} (conf/sources/)")
    return sources[asked.source]


def _refresh(
    asked: Asked,
    settings: Settings,
    sources: list[Source],
    source: Source | None,
    progress: Progress,
    first: Callable[[Store, datetime], None] | None,
) -> Results:
    moment = datetime.now(UTC)
    declarations = {"funnels": load_funnels(settings.conf_file("funnels.yaml"), settings.project_root)}
    metrics = load_metrics(settings, catalogue())
    run_id = f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
    checks = Checks(run_id, moment)
    store = Store.opened(settings, _session(settings))
    if first is not None:
        first(store, moment)
    key = pseudonym_key(settings).get_secret_value()
    run = Run(store, moment, checks.enforce, declarations=declarations, pseudonym_key=key)
    pipeline = Pipeline(run, catalogue(), sources, checks.awaited(progress.table))
    if source is not None:
        pipeline.take(source, str(asked.data))
    try:
        pipeline.refresh_contracted()
        as_of = asked.as_of or pipeline.last_complete_day()
        progress.say(f"looking from {as_of:%Y-%m-%d %H:%M} UTC")
        pipeline.refresh_derived(as_of)
    except TableError:
        # What was not met is told there too, where people look for it.
        _record_checks(run, checks)
        raise
    results: Results = {"run_id": run_id, "as_of": as_of, "tables": [asdict(o) for o in pipeline.outcomes]}
    with ThreadPoolExecutor(1) as meanwhile:
        made = [o.table for o in pipeline.outcomes if o.version is not None]
        registered = meanwhile.submit(_register, store, made, metrics, as_of)
        apart = replace(run, store=store.in_own_session())
        recorded = [*_record_checks(apart, checks), _record_run(apart, results)]
        results["report"] = _report(store, sources, declarations["funnels"], checks, settings.report_path)
        results["views"] = registered.result()
    store.register(recorded)
    return results


def _register(store: Store, names: Sequence[str], metrics: Metrics, as_of: datetime) -> list[str]:
    """Make the tables known to the Spark catalogue, then the metric views over them; returns the views made anew."""
    store.register(names)
    return publish_views(store, metrics, catalogue(), as_of)


def _session(settings: Settings) -> "SparkSession":
    from libs.spark import session

    return session(settings, "refresh")


def _record_checks(run: Run, checks: Checks) -> list[str]:
    """Append what the run's checks found to the tables that tell of them; returns their names."""
    _record(run, reconciliation.TABLE, [done.row(checks.run_id, run.moment) for done in run.reconciled])
    _record(run, quality_results.TABLE, checks.rows())
    return [reconciliation.TABLE.name, quality_results.TABLE.name]


def _record_run(run: Run, results: Results) -> str:
    """Append what a finished run did to the table that tells of it; returns its name."""
    counts = ("table", "mode", "rows_in", "rows_out", "quarantined", "duplicates", "seconds", "version")
    rows = [(results["run_id"], *(o[c] for c in counts), run.moment, results["as_of"]) for o in results["tables"]]
    _record(run, refresh_results.TABLE, rows)
    return refresh_results.TABLE.name


def _record(run: Run, table: Table, rows: list[tuple[Any, ...]]) -> None:
    if rows or not run.store.exists(table.name):
        frame = declared(table, run.store.spark.createDataFrame(rows, table.schema))
        run.store.append(table.name, frame, skipping=table.skipping_columns)


def _report(store: Store, sources: Sequence[Source], funnels: Funnels, checks: Checks, path: Path) -> str:
    """Write the report page and the pages of the checks beside it."""
    checks.write_pages(path.parent / "data_docs")
    write_report(store, sources, funnels, path)
    return str(path)


if __name__ == "__main__":
    leave(main())
