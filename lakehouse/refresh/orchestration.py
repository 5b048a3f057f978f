"""A whole run: new files are taken, every table is refreshed, the run is recorded, the report written.

A job, a scheduler or a service calls `refresh`; it prints nothing, and passes on what happens to a `Listener`.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from lakehouse.bronze.files import folder_of, is_url, source_for
from lakehouse.catalogue.declarations import Declaration, load_declarations
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.loading import load_sources
from lakehouse.contract.rates import with_rates
from lakehouse.contract.source import Source
from lakehouse.dashboards.connection import forget_kept_answers
from lakehouse.funnels.declaration import Funnels
from lakehouse.metrics.declaration import Metrics
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.views import publish_views
from lakehouse.refresh.checks import Checks
from lakehouse.refresh.memory import needed_memory
from lakehouse.refresh.pipeline import Pipeline, reconciled_of
from lakehouse.refresh.recording import record_checks, record_run
from lakehouse.refresh.run import HeldBack, Outcome, Run
from lakehouse.report.newest import write_report
from libs.cluster.environment import known_environment
from libs.engines.choice import chosen
from libs.engines.opening import opened
from libs.engines.spark_conf import quick
from libs.errors import InputError
from libs.locks.writing import writing
from libs.settings.config import Settings
from libs.settings.secret import pseudonym_key
from libs.store.port import Store
from libs.store.published import Published

# Done as the one writer before anything else, with the store and the run's moment.
First = Callable[[Store, datetime], None]


@dataclass(frozen=True)
class Asked:
    """What a run is asked for: a folder of raw files, the declared source that they are, and the moment that figures are as of."""

    data: str | None = None
    source: str | None = None
    as_of: datetime | None = None


class Listener(Protocol):
    """Who hears of a run while it is under way."""

    def say(self, line: str) -> None:
        """A remark, one line."""

    def table(self, outcome: Outcome) -> None:
        """What became of a table, as soon as it is done."""


class Remembering:
    """Passes on to another listener what a run says, and keeps its remarks."""

    def __init__(self, listener: Listener) -> None:
        """Pass on to `listener`."""
        self._listener = listener
        self.remarks: list[str] = []

    def say(self, line: str) -> None:
        """A remark, one line."""
        self.remarks.append(line)
        self._listener.say(line)

    def table(self, outcome: Outcome) -> None:
        """What became of a table, with remarks of its own."""
        self._listener.table(outcome)


@dataclass(frozen=True)
class Results:
    """A finished run: its id, the moment that its figures are as of, every table's outcome, the report's path.

    views: metric views that were made again. seconds: how long the run took. remarks: what was said while it ran, a line each: files
    that were left out, days apart from the bulk of the data and the like; those on a table are in its outcome.
    """

    run_id: str
    as_of: datetime
    tables: Sequence[Outcome]
    report: str
    views: Sequence[str]
    seconds: float = 0.0
    remarks: Sequence[str] = ()


def refresh(asked: Asked, settings: Settings, listener: Listener, first: First | None = None) -> Results:
    """Bring all tables up to date, as the one writer.

    Raises InputError, ConfigError or TableError, one line a fault; what was published stays then.
    """
    began, heard = time.monotonic(), Remembering(listener)
    sources = declared_sources(settings, heard.say)
    source = source_of(asked, sources) if asked.data else None
    with writing(settings, "refresh", heard.say):
        results = _refresh(asked, settings, list(sources.values()), source, heard, first)
    warning = forget_kept_answers(known_environment(settings))
    if warning:
        heard.say(warning)
    return replace(results, seconds=round(time.monotonic() - began, 1), remarks=tuple(heard.remarks))


def declared_sources(settings: Settings, say: Callable[[str], None]) -> dict[str, Source]:
    """The sources of conf/sources, by name, with the rates of conf/rates.csv. `say` hears remarks on them. Raises ConfigError."""
    files = settings.conf_files("sources/*.yaml").values()
    return with_rates(load_sources(files, alike=settings.engine != "spark", say=say), settings.conf_file("rates.csv"))


def source_of(asked: Asked, sources: dict[str, Source]) -> Source:
    """The source of the files that a run is asked to take. Raises InputError where there are none, or it isn't declared."""
    if not is_url(str(asked.data)):
        folder_of(str(asked.data))
    if asked.source is None:
        return source_for(str(asked.data), sources)
    if asked.source not in sources:
        raise InputError(f"SOURCE={asked.source}: not declared; declared are {', '.join(sources)} (conf/sources/)")
    return sources[asked.source]


def _refresh(
    asked: Asked, settings: Settings, sources: list[Source], source: Source | None, listener: Listener, first: First | None
) -> Results:
    moment = datetime.now(UTC)
    declarations = load_declarations(settings)
    metrics = load_metrics(settings, catalogue())
    store = _opened(asked, settings, source, listener)
    if first is not None:
        first(store, moment)
    with Checks(f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}", moment) as checks:
        key = pseudonym_key(settings).get_secret_value()
        run = Run(store, moment, checks.enforce, declarations=declarations, pseudonym_key=key)
        pipeline = Pipeline(run, catalogue(), sources, checks.awaited(listener.table), say=listener.say)
        as_of, outcomes = _refreshed(pipeline, checks, asked, source, listener)
        run = replace(run, as_of=as_of)
        return _published(run, checks, outcomes, metrics, sources, settings.report_path)


def _opened(asked: Asked, settings: Settings, source: Source | None, listener: Listener) -> Store:
    """The tables, with the engine that the settings and the size of the work choose."""

    @cache
    def needed() -> int:
        return needed_memory(Published.of(settings), catalogue(), source, asked.data)

    choice = chosen(settings, needed)
    if choice.why:
        listener.say(choice.why)
    return opened(quick(settings, needed) if choice.engine == "spark" else settings, choice.engine, "refresh")


def _refreshed(
    pipeline: Pipeline, checks: Checks, asked: Asked, source: Source | None, listener: Listener
) -> tuple[datetime, list[Outcome]]:
    """Take the new files and refresh every table; returns the moment that figures are as of, and what became of each table."""
    outcomes = pipeline.take(source, str(asked.data)) if source is not None else []
    try:
        outcomes += pipeline.refresh_contracted()
        as_of = asked.as_of or pipeline.last_complete_day()
        listener.say(f"as of {as_of:%Y-%m-%d %H:%M} UTC")
        outcomes += pipeline.refresh_derived(as_of)
    except HeldBack as held:
        # What was not met is recorded too, where people look for it.
        record_checks(pipeline.run, checks, [*reconciled_of(outcomes), *held.reconciled])
        raise
    return as_of, outcomes


def _published(
    run: Run, checks: Checks, outcomes: list[Outcome], metrics: Metrics, sources: Sequence[Source], report: Path
) -> Results:
    """Record the run, write the report, and bring the engine's catalogue up to date beside that."""
    store, as_of = run.store, run.as_of
    assert as_of is not None
    with ThreadPoolExecutor(1) as meanwhile:
        made = [o.table for o in outcomes if o.version is not None]
        registered = meanwhile.submit(_register, store, made, metrics, as_of)
        own = replace(run, store=store.in_own_session())
        recorded = [*record_checks(own, checks, reconciled_of(outcomes)), record_run(own, checks.run_id, outcomes)]
        _report(store, sources, run.declarations["funnels"], checks, report)
        views = registered.result()
    if store.has_catalogue:
        store.register(recorded)
    return Results(checks.run_id, as_of, outcomes, str(report), views)


def _register(store: Store, names: Sequence[str], metrics: Metrics, as_of: datetime) -> list[str]:
    """Register the tables in the engine's catalogue, then the metric views over them; returns the views that were made again."""
    if not store.has_catalogue:
        return []
    store.register(names)
    return publish_views(store, metrics, catalogue(), as_of)


def _report(store: Store, sources: Sequence[Source], funnels: Declaration, checks: Checks, path: Path) -> None:
    """Write the report page and the pages of the checks beside it."""
    checks.write_pages(path.parent / "data_docs")
    assert isinstance(funnels, Funnels)
    write_report(store, sources, funnels, path)
