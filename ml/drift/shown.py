"""The parts of the drift page, from a check and the tables it was published to: tiles, tables and charts, independent of HTML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from itertools import groupby
from operator import itemgetter
from typing import Any

from lakehouse.report.charts import Chart, Series, group_chart
from lakehouse.report.models import METRICS
from lakehouse.report.numbers import NOTHING, day, percent, rough_percent, whole
from lakehouse.report.sections import Bars, Tile, bars
from ml.drift.declaration import Drift
from ml.drift.histogram import Counts, Histogram
from ml.drift.psi import discoveries
from ml.drift.reference import SCORE
from ml.drift.watch import REALISED, Watched
from ml.gold.churn_features import FEATURES

CHARTS = 6
# Rows which are always in sight of tables that grow with every check.
NEWEST_FIGURES, NEWEST_CHECKS = 3, 5
MEANINGS = {column.name: column.comment for column in FEATURES} | {SCORE: "the score: calibrated probability of leaving"}
ALARM, SMALL, CHANCE = "alarm", "changed, too little to matter", "within chance"
Rows = Sequence[Mapping[str, Any]]


def tiles(found: Watched, performance: Rows) -> list[Tile]:
    """Key figures of the check."""
    alarms = [row for row in found.rows if row["is_alarm"]]
    moved = _name(alarms[0]) if len(alarms) == 1 else ""
    said = [
        Tile(
            "Alarms",
            whole(len(alarms)),
            f"of {len(found.rows)} judged",
            moved,
            "Changes that chance does not explain and that are large enough to matter",
        )
    ]
    for row in found.rows:
        if row["name"] == SCORE:
            beside = f"{row['psi_by_chance']:.3f} by chance"
            said.append(
                Tile(
                    "PSI of the score",
                    f"{row['psi']:.3f}",
                    str(row["level"]) if row["psi"] > row["psi_by_chance"] else CHANCE,
                    beside,
                    "How far the distribution of the scores moved",
                )
            )
    return [*said, _realised_tile(performance)]


def _realised_tile(performance: Rows) -> Tile:
    meaning = "On the newest scores whose horizon is over: how often a user who left was scored above one who stayed"
    realised = [row for row in _of_model(performance) if row["kind"] == REALISED and row["metric"] == "roc_auc"]
    if not realised:
        return Tile("Realised AUC", NOTHING, "", "", f"{meaning}; none is over yet")
    newest = max(realised, key=itemgetter("cutoff"))
    return Tile(
        "Realised AUC",
        f"{newest['value']:.3f}",
        f"{newest['low']:.3f} to {newest['high']:.3f}",
        f"scored on {day(newest['cutoff'])}",
        meaning,
    )


def verdicts(found: Watched, rules: Drift) -> list[str]:
    """What each row of the check comes to, by the control of false discoveries over all of them and the least size that counts."""
    real = discoveries([row["p_value"] for row in found.rows], rules.false_discoveries)
    return [
        ALARM if row["is_alarm"] else SMALL if is_real else CHANCE for row, is_real in zip(found.rows, real.tolist(), strict=True)
    ]


def by_verdict(found: Watched, rules: Drift) -> dict[str, Bars]:
    """Every feature and the score, the greatest changes first, in a table for each verdict; bars of all tables have one scale."""
    judged = sorted(zip(found.rows, verdicts(found, rules), strict=True), key=lambda pair: -pair[0]["psi"])
    cells = [((*_texts(row), *_numbers(row)), float(row["psi"])) for row, _ in judged]
    head = ["Feature", "Meaning", "PSI", "By chance", "p", "Missing", "New"]
    table = bars("", head, cells, "", "", texts=2)
    by_name: dict[str, list[tuple[Sequence[str], float | None]]] = {ALARM: [], SMALL: [], CHANCE: []}
    for row, (_, verdict) in zip(table.rows, judged, strict=True):
        by_name[verdict].append(row)
    return {verdict: replace(table, title=verdict, rows=rows) for verdict, rows in by_name.items()}


def rule(rules: Drift) -> str:
    """What the columns of the features mean, and what an alarm is."""
    return (
        "PSI compares shares by bin, fixed on the reference: below 0.1 stable, above 0.25 large. By chance: what samples of an unchanged "
        "population stay below in 95 of 100 cases. p: how likely an unchanged population differs as much. An alarm has a PSI of at "
        f"least {rules.least_psi:g} and is no chance, with at most {rough_percent(rules.false_discoveries)} of such verdicts false "
        "(Benjamini and Hochberg). Missing: users without a value, then and now. New: users with a text that the reference does not have."
    )


def _texts(row: Mapping[str, Any]) -> tuple[str, str]:
    return (_name(row), MEANINGS.get(str(row["name"]), NOTHING))


def _name(row: Mapping[str, Any]) -> str:
    return "score" if row["name"] == SCORE else str(row["name"])


def _numbers(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Empty where there is nothing to say: no user without a value, no new text."""
    p = f"{row['p_value']:.3f}" if row["p_value"] >= 0.001 else "< 0.001"
    then, now = row["reference_missing_rate"], row["missing_rate"]
    missing = f"{percent(then)} → {percent(now)}" if then or now else ""
    return (f"{row['psi']:.3f}", f"{row['psi_by_chance']:.3f}", p, missing, whole(row["new_values"]) if row["new_values"] else "")


def folded(table: Bars, most: int) -> tuple[Bars, Bars]:
    """The first rows, and those that a page opens when asked."""
    return replace(table, rows=table.rows[:most]), replace(table, rows=table.rows[most:], note="")


def scores(found: Watched) -> Chart | None:
    """The scores of the reference and those of now; None for a model without them in its reference."""
    return _then_and_now(found, SCORE) if SCORE in found.counts else None


def changed(found: Watched) -> list[tuple[str, Chart]]:
    """The features with an alarm that changed most, each with its meaning."""
    alarms = [row for row in found.rows if row["is_alarm"] and row["name"] != SCORE]
    names = [row["name"] for row in sorted(alarms, key=itemgetter("psi"), reverse=True)[:CHARTS]]
    return [(MEANINGS.get(name, ""), _then_and_now(found, name)) for name in names]


def _then_and_now(found: Watched, name: str) -> Chart:
    """Shares of users by bin; of bins that neither side has rows in none is drawn."""
    reference, now = found.references[name], found.counts[name]
    used = [n for n, both in enumerate(reference.counts + now) if both]
    labels = _bins(reference)
    series = [
        Series("Then", _shares(reference.counts, used), "bars", bars=True),
        Series("Now", _shares(now, used), "average"),
    ]
    return group_chart("Scores" if name == SCORE else name, [labels[n] for n in used], "Value", series, rough_percent)


def _shares(counts: Counts, used: Sequence[int]) -> list[float]:
    return [float(counts[n] / counts.sum()) for n in used]


def _bins(reference: Histogram) -> list[str]:
    """A name for every bin: a text, or the greatest number that it holds."""
    if reference.values is not None:
        return [*reference.values, "others", "none"]
    return [*(f"≤ {edge:.3g}" for edge in reference.edges), "more" if reference.edges else "any", "none"]


def performance_by_version(performance: Rows, horizon_days: int) -> Bars:
    """Held out and realised figures of every version, the newest first."""
    by_day = sorted(_of_model(performance), key=lambda row: (row["cutoff"], row["kind"], int(row["model_version"])), reverse=True)
    cells = [(tuple(_figures(list(rows))), None) for _, rows in groupby(by_day, itemgetter("model_version", "kind", "cutoff"))]
    note = (
        "Held out: users of the last cutoff, whom nothing was chosen by. Realised: the users scored on a day, by what is known now; "
        f"due {horizon_days} days after the scoring. In brackets the 95 % interval of a bootstrap."
    )
    head = ["Figures", "Day", "Users", "Left", *METRICS.values()]
    return Bars("Quality by version: held out, and what came true", head, cells, note, "No figures yet.", 2)


def _of_model(performance: Rows) -> Iterator[Mapping[str, Any]]:
    """Without what the versions are compared with."""
    return (row for row in performance if row["model"] == "xgboost")


def _figures(rows: Rows) -> Iterator[str]:
    first, by_metric = rows[0], {row["metric"]: row for row in rows}
    yield from (f"Version {first['model_version']}, {str(first['kind']).replace('_', ' ')}", day(first["cutoff"]))
    yield from (whole(first["users"]), percent(first["churned"] / first["users"] if first["users"] else None))
    for metric in METRICS:
        row = by_metric.get(metric)
        yield f"{row['value']:.3f} ({row['low']:.3f}–{row['high']:.3f})" if row else NOTHING


def history(checks: Rows) -> Bars:
    """Every check, the newest first: its alarms, and how far the score moved."""
    ordered = sorted(checks, key=itemgetter("checked_at"), reverse=True)
    cells = [(_of_check(list(rows)), None) for _, rows in groupby(ordered, itemgetter("checked_at"))]
    head = ["Scores as of", "Greatest PSI", "Users", "Alarms", "PSI of the score"]
    return Bars("All checks", head, cells, "", "No checks yet.", texts=2)


def _of_check(rows: Rows) -> Sequence[str]:
    score = next((row["psi"] for row in rows if row["name"] == SCORE), None)
    greatest, alarms = max(rows, key=itemgetter("psi")), sum(bool(row["is_alarm"]) for row in rows)
    when = f"{day(rows[0]['checked_at'].astimezone(UTC))}, version {rows[0]['model_version']}"
    named = f"{_name(greatest)}, {greatest['psi']:.3f}"
    return (when, named, whole(rows[0]["users"]), whole(alarms), NOTHING if score is None else f"{score:.3f}")
