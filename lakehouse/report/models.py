"""The page's section on models: how good the churn model is, whom an offer is worth most to, what customers are worth, drift."""

from dataclasses import dataclass

import pandas as pd

from lakehouse.report.charts import Chart, Series, group_chart
from lakehouse.report.data import ReportData, rows_of
from lakehouse.report.numbers import NOTHING, day, money, percent, whole
from lakehouse.report.sections import Bars, bars

NAMES = {
    "xgboost": "Churn model (XGBoost)",
    "xgboost_smote": "XGBoost with SMOTE",
    "logistic_regression": "Logistic regression",
    "recency": "Recency alone",
}
METRICS = {"roc_auc": "ROC AUC", "average_precision": "Average precision", "log_loss": "Log loss", "brier": "Brier"}


@dataclass(frozen=True)
class Models:
    """The parts in the order of the page; a chart is None where there is no model yet."""

    quality: Bars
    lift: Chart | None
    calibration: Chart | None
    importance: Bars
    targets: Bars
    value: Bars
    likely: Bars
    drift: Bars


def models(data: ReportData) -> Models:
    """The whole section."""
    churn = _quality(data), _lift(data), _calibration(data), _importance(data), _targets(data)
    return Models(*churn, _value(data), _likely(data), _drift(data))


def _quality(data: ReportData) -> Bars:
    rows = data.models.performance
    cells = []
    if not rows.empty:
        by_model = {str(name): of.set_index("metric") for name, of in rows.groupby("model")}
        for name in [n for n in NAMES if n in by_model]:
            cells.append(((NAMES[name], *(_with_interval(by_model[name], metric) for metric in METRICS)), 0.0))
    note = ""
    if cells:
        first = rows.iloc[0]
        note = (
            f"Version {first.model_version}, on {whole(first.users)} users of {day(pd.Timestamp(first.cutoff))} whom nothing was trained on or "
            "chosen by; in brackets the 95 % interval of a bootstrap. AUC: how often a user who left is scored above one who stayed."
        )
    table = bars(
        "Who leaves: quality on held-out users", ["Model", *METRICS.values()], cells, note, "No model yet: run make models."
    )
    return Bars(table.title, table.head, [(texts, None) for texts, _ in table.rows], table.note, table.empty)


def _with_interval(of_model: pd.DataFrame, metric: str) -> str:
    if metric not in of_model.index:
        return NOTHING
    row = of_model.loc[metric]
    return f"{row['value']:.3f} ({row['low']:.3f}–{row['high']:.3f})"


def _curve(data: ReportData, name: str) -> pd.DataFrame:
    curves = data.models.curves
    return curves if curves.empty else curves[curves["curve"] == name]


def _lift(data: ReportData) -> Chart | None:
    rows = _curve(data, "lift")
    if rows.empty:
        return None
    series = [Series("Lift", rows["y"].tolist(), "bars", bars=True)]
    return group_chart("Lift by tenth of users", [str(n) for n in rows["position"]], "Tenth", series, _times)


def _calibration(data: ReportData) -> Chart | None:
    rows = _curve(data, "calibration")
    if rows.empty:
        return None
    series = [Series("Left", rows["y"].tolist(), "bars", bars=True), Series("Predicted", rows["x"].tolist(), "average")]
    return group_chart("Calibration by tenth of users", [str(n) for n in rows["position"]], "Tenth", series, percent)


def _importance(data: ReportData) -> Bars:
    rows = _curve(data, "importance").head(10)
    cells = [((str(r.label), f"{r.y:.3f}"), float(r.y)) for r in rows_of(rows)]
    note = (
        "Mean size of the SHAP values on the held-out users, in log-odds; described in the data dictionary, gold.churn_features."
    )
    return bars("What moves the score", ["Feature", "Size"], cells, note, "No model yet.")


def _targets(data: ReportData) -> Bars:
    cells = [
        ((str(r.user_id), str(r.reason_1), percent(r.churn_probability), money(r.expected_value)), float(r.expected_value))
        for r in rows_of(data.models.targets)
    ]
    note = (
        "The users whose offer has the highest expected value: P(leaves) × value × P(won back) − cost, as conf/models.yaml declares, in "
        f"{data.about.money}. A ranking by who may leave, not by whom an offer keeps."
    )
    head = ["User", "Strongest reason", "P(leaves)", "Expected value"]
    return bars("Whom to make an offer", head, cells, note, "No scores yet, or no offer is worth its cost.", texts=2)


def _value(data: ReportData) -> Bars:
    rows = data.models.value
    cells = [
        (
            (
                str(r.segment),
                whole(r.customers),
                percent(r.probability_alive),
                f"{r.expected_purchases:,.1f}",
                _money(r.expected_value),
            ),
            0.0 if pd.isna(r.expected_value) else float(r.expected_value),
        )
        for r in rows_of(rows)
    ]
    days = "" if rows.empty else f" in the next {int(rows['horizon_days'].iloc[0])} days"
    note = (
        f"Expected purchases and net revenue{days} by BG/NBD and Gamma-Gamma, in {data.about.money}. P(buys on): mean of the segment; "
        "100 % for who bought on one day only, of whom BG/NBD learns nothing else."
    )
    head = ["RFM segment", "Customers", "P(buys on)", "Expected purchases", "Expected value"]
    return bars("What customers will be worth", head, cells, note, "Too few repeat buyers to estimate it.")


def _likely(data: ReportData) -> Bars:
    rows = data.models.likely
    cells = [
        (
            (str(r.user_id), str(r.product), whole(r.days_since_view), percent(r.purchase_probability)),
            float(r.purchase_probability),
        )
        for r in rows_of(rows)
    ]
    note = ""
    if cells:
        first = rows.iloc[0]
        note = (
            f"Products that a user has viewed and not ordered, by the probability that they are bought within {first.horizon_days} days "
            f"({first.method}); how good it is on held-out days is printed by make recommend."
        )
    empty = (
        "No run yet: run make models."
        if rows.columns.empty
        else "Too few viewed products were bought on a later day to learn from; make recommend prints how many."
    )
    head = ["User", "Viewed product", "Days since", "P(buys)"]
    return bars("Viewed products likely to be bought", head, cells, note, empty, texts=2)


def _drift(data: ReportData) -> Bars:
    rows = data.models.drift
    cells = [
        (
            (
                ("Score" if r.kind == "score" else str(r.name)),
                "alarm" if r.is_alarm else str(r.level) if r.psi > r.psi_by_chance else "within chance",
                f"{r.psi:.3f}",
                f"{r.psi_by_chance:.3f}",
            ),
            float(r.psi),
        )
        for r in rows_of(rows)
    ]
    note = (
        "The greatest changes of today's users against those that the model was tested on. PSI below 0.1 is stable, above 0.25 large; "
        "by chance: what unchanged users stay below in 95 of 100 cases."
    )
    return bars("Drift", ["Feature", "Level", "PSI", "By chance"], cells, note, "No scores yet.", texts=2)


def _money(value: float) -> str:
    return NOTHING if pd.isna(value) else money(value)


def _times(value: float) -> str:
    return f"{value:.2f}×"
