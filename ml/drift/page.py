"""The page of the newest check of drift: what changed, by how much more than chance, and whether the model is to be trained again."""

from datetime import datetime

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from lakehouse.report.charts import HEIGHT, WIDTH
from lakehouse.report.newest import DRIFT_PAGE
from lakehouse.report.numbers import day, whole
from lakehouse.report.page import write_atomically
from libs.counted import counted
from libs.settings.config import Settings
from ml.declared import declared
from ml.drift import shown
from ml.drift.declaration import Drift
from ml.drift.shown import Rows
from ml.drift.watch import Watched, watch
from ml.gold import drift, model_performance
from ml.tables import Tables


def watch_and_write(tables: Tables, settings: Settings) -> Watched | None:
    """Watch the champion, and write the page beside the report; returns the check, None where nothing was scored yet.

    Raises InputError where there is no champion.
    """
    found = watch(tables, settings)
    if found is not None:
        said = declared(settings)
        performance, checks = (
            tables.store.arrow(name).to_table().to_pylist() if tables.store.exists(name) else []
            for name in (model_performance.TABLE.name, drift.TABLE.name)
        )
        path = settings.report_path.with_name(DRIFT_PAGE)
        write_atomically(path, render(found, said.drift, said.churn.horizon_days, performance, checks, tables.moment))
        tables.say(f"drift report: {path}")
    return found


def render(found: Watched, rules: Drift, horizon_days: int, performance: Rows, checks: Rows, made_at: datetime) -> str:
    """Return the page as HTML; every text is escaped, and it has no script and fetches nothing.

    performance, checks: all rows of `gold.model_performance` and `gold.drift`.
    """
    loader = ChoiceLoader([PackageLoader("ml.drift", "templates"), PackageLoader("lakehouse.report", "templates")])
    tables = shown.by_verdict(found, rules)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("drift.html").render(
        verdict=_verdict(found, rules),
        asks=found.why is not None,
        facts=_facts(found, made_at),
        tiles=shown.tiles(found, performance),
        alarms=tables[shown.ALARM],
        quiet=[tables[shown.SMALL], tables[shown.CHANCE]],
        judged=len(found.rows),
        rule=shown.rule(rules),
        scores=shown.scores(found),
        changed=shown.changed(found),
        performance=shown.folded(shown.performance_by_version(performance, horizon_days), shown.NEWEST_FIGURES),
        history=shown.folded(shown.history(checks), shown.NEWEST_CHECKS),
        width=WIDTH,
        height=HEIGHT,
    )


def _verdict(found: Watched, rules: Drift) -> str:
    if found.why is not None:
        return f"The model is to be trained again: {found.why}."
    alarms = sum(bool(row["is_alarm"]) for row in found.rows)
    if not alarms:
        return "The model need not be trained again: nothing has drifted."
    needed = f"it takes {rules.retrain_after}, or one of the score"
    return f"The model need not be trained again: {counted(alarms, 'alarm')}; {needed}."


def _facts(found: Watched, made_at: datetime) -> list[tuple[str, str]]:
    return [
        ("Scores as of", f"{found.checked_at:%Y-%m-%d %H:%M} UTC"),
        ("Model", f"churn_prediction, version {found.version}"),
        ("Users now", whole(max((row["users"] for row in found.rows), default=0))),
        (
            "Users then",
            f"{whole(max((row['reference_users'] for row in found.rows), default=0))}, of {' and '.join(map(day, found.cutoffs))}",
        ),
        ("Checked", f"{made_at:%Y-%m-%d %H:%M} UTC"),
    ]
