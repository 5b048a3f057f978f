"""Renders the page and writes it atomically. Every text is escaped; the page has no script and fetches nothing."""

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from lakehouse.report import customers, funnels, heat_maps, judged, models, plots, sankey, sections
from lakehouse.report.charts import HEIGHT, WIDTH
from lakehouse.report.data import ReportData, rows_of
from lakehouse.report.figures import last_complete_day
from lakehouse.report.numbers import day


@dataclass(frozen=True)
class Check:
    """A line of the list of expectations that were not met."""

    table: str
    expectation: str
    meaning: str
    severity: str
    rows: str


def build_report(data: ReportData, path: Path) -> None:
    """Write the page for `data` to `path`, replacing an existing one."""
    write_atomically(path, render(data))


def render(data: ReportData) -> str:
    """Return the page as HTML."""
    loader = PackageLoader("lakehouse.report", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    checks = data.checks
    return environment.get_template("page.html").render(
        about=data.about,
        last_day=day(last_complete_day(data.about.as_of)),
        as_of=_moment(data.about.as_of),
        made_at=_moment(data.about.made_at),
        tiles=sections.tiles(data),
        users=plots.active_users(data),
        judged=judged.charts(data),
        anomalies=judged.marked_days(data),
        funnels=funnels.funnels(data),
        paths=sankey.paths(data),
        revenue=plots.revenue(data),
        cohort_revenue=heat_maps.cohort_revenue(data),
        lifecycle=plots.lifecycle(data),
        retention=heat_maps.retention(data),
        stickiness=sections.stickiness(data),
        breakdowns=sections.breakdowns(data),
        products=sections.products(data),
        tiers=customers.tiers(data),
        segments=customers.segments(data),
        cross_sell=sections.cross_sell(data),
        models=models.models(data),
        refreshed=sections.refreshed(data),
        reasons=sections.reasons(data),
        reconciled=sections.reconciled(data),
        tables=sections.tables(data),
        checked=len(checks),
        met=int(checks["passed"].astype(bool).sum()),
        unmet=_unmet(data),
        width=WIDTH,
        height=HEIGHT,
    )


def write_atomically(path: Path, text: str) -> None:
    """Write to a temporary file and rename: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    finally:
        Path(aside).unlink(missing_ok=True)


def _moment(moment: datetime) -> str:
    return f"{day(moment)}, {moment:%H:%M} UTC"


def _unmet(data: ReportData) -> list[Check]:
    broken = data.checks[~data.checks["passed"].astype(bool)]
    return [Check(r.table, r.expectation, r.meaning or "", r.severity, f"{r.unexpected_count:,}") for r in rows_of(broken)]
