"""Plots of an evaluation, as PNG files for MLflow."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.report import MODEL, Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, GREY, ORANGE = "#1f6feb", "#8b949e", "#d1720c"
DEPENDENCES = 4


def draw(evaluation: Evaluation, folder: Path) -> None:
    """Write every plot into `folder`, which exists."""
    import matplotlib as mpl

    mpl.use("Agg")
    for name, plot in PLOTS.items():
        _save(folder / f"{name}.png", partial(plot, evaluation))
    _draw_shap(evaluation, folder)


def _save(path: Path, plot: "Callable[[Axes], None]") -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    plot(axes)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def _roc(evaluation: Evaluation, axes: "Axes") -> None:
    from sklearn.metrics import roc_curve

    for model, scores in evaluation.probabilities.items():
        false, true, _ = roc_curve(evaluation.labels, scores)
        style = {"color": BLUE, "linewidth": 2.2} if model == MODEL else {"linewidth": 1.0}
        axes.plot(false, true, label=f"{model}: {evaluation.figures[model]['roc_auc'].value:.3f}", **style)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
    axes.set(
        xlabel="share of users who stayed that are above the threshold",
        ylabel="share of users who left",
        title="ROC curve, with AUC",
    )
    axes.legend(frameon=False)


def _calibration(evaluation: Evaluation, axes: "Axes") -> None:
    bins = evaluation.reliability.bins
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1, label="exactly right")
    axes.plot([b.predicted for b in bins], [b.observed for b in bins], "o-", color=BLUE, label="tenths of the users")
    error, chance = evaluation.reliability.error, evaluation.reliability.by_chance
    title = f"Calibration: error {error:.3f}, {chance:.3f} by chance alone"
    axes.set(xlabel="predicted probability of leaving", ylabel="share that left", title=title, xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False)


def _lift(evaluation: Evaluation, axes: "Axes") -> None:
    rows = evaluation.deciles
    axes.bar([row.number for row in rows], [row.lift for row in rows], color=BLUE)
    axes.axhline(1, color=GREY, linestyle=":")
    axes.set(
        xlabel="tenth of the users, highest score first",
        ylabel="lift",
        title="Lift by tenth",
        xticks=[row.number for row in rows],
    )


def _gain(evaluation: Evaluation, axes: "Axes") -> None:
    rows = evaluation.deciles
    shares = np.cumsum([0, *(row.users for row in rows)]) / evaluation.users
    axes.plot(shares, [0, *(row.gain for row in rows)], "o-", color=BLUE, label="model")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="by chance")
    axes.set(xlabel="share of users, highest score first", ylabel="share of all who left", title="Gain")
    axes.legend(frameon=False)


PLOTS = {"roc_curve": _roc, "calibration": _calibration, "lift": _lift, "gain": _gain}


def _draw_shap(evaluation: Evaluation, folder: Path) -> None:
    import matplotlib.pyplot as plt
    import shap

    found = evaluation.explained
    shown = shap.Explanation(values=found.values, data=found.matrix, feature_names=list(found.names))
    shap.plots.beeswarm(shown, show=False, max_display=15)
    plt.savefig(folder / "shap_summary.png", dpi=110, bbox_inches="tight")
    plt.close("all")
    for number, (name, _) in enumerate(found.importance[:DEPENDENCES], 1):
        column = list(found.names).index(name)
        _save(folder / f"shap_dependence_{number}.png", partial(_dependence, evaluation, name, column))


def _dependence(evaluation: Evaluation, name: str, column: int, axes: "Axes") -> None:
    found = evaluation.explained
    axes.scatter(found.matrix[:, column], found.values[:, column], s=6, color=BLUE, alpha=0.5, linewidths=0)
    axes.axhline(0, color=GREY, linewidth=1)
    axes.set(xlabel=name, ylabel="SHAP value, log-odds of leaving", title=f"How {name} moves the score")
