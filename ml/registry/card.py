"""The model card (Mitchell et al. 2019): what a version is for, what it was made of, how good it is, and where it is not."""

from collections.abc import Iterator, Mapping

from ml.drift.reference import unpacked
from ml.evaluation.figures import Figure
from ml.evaluation.report import MODEL, Evaluation
from ml.training.data import Split
from ml.training.declaration import Offer
from ml.training.fitting import Fitted

NAMES = {
    "xgboost": "XGBoost, this model",
    "xgboost_smote": "XGBoost with SMOTE",
    "logistic_regression": "logistic regression",
    "recency": "recency alone",
}
FIGURES = {"roc_auc": "ROC AUC", "average_precision": "average precision", "log_loss": "log loss", "brier": "Brier"}
# An AUC up to here is little better than chance for any use.
WEAK = 0.65


def model_card(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> str:
    """The card in Markdown."""
    sections = (
        _intended,
        _data,
        _made,
        _quality,
        _smote,
        _calibration,
        _decision,
        _segments,
        _features,
        _drift_baseline,
        _limits,
    )
    lines = ["# churn_prediction", ""]
    for section in sections:
        lines += [*section(parts, fitted, evaluation, offer), ""]
    return "\n".join(lines)


def _intended(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    churn = fitted.model.said["manifest"]["churn"]
    yield "## Intended use"
    yield (
        f"The probability that a user who was active in the last {churn['active_window_days']} days is not active "
        f"({' or '.join(churn['active'])}) in the next {churn['horizon_days']} days: to rank users for an offer. "
        "It says who is likely to leave, not whom an offer would keep: that needs a randomised holdout."
    )


def _data(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    yield "## Data"
    yield "| part | cutoffs | users | left |"
    yield "|---|---|---|---|"
    named = {"trained on": parts.train, "stopped and calibrated by": parts.stop, "tested on": parts.test}
    for name, part in named.items():
        yield f"| {name} | {', '.join(map(str, part.cutoffs))} | {len(part):,} | {part.churned.mean():.1%} |"
    versions = fitted.model.said["manifest"]["tables"]
    yield ""
    yield f"From {', '.join(f'{name} version {version}' for name, version in versions.items())}; features {fitted.model.definitions}."


def _made(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    said = fitted.model.said
    chosen = ", ".join(f"{name} {value:.4g}" for name, value in said["parameters"].items())
    yield "## Model"
    yield f"{said['trees']} trees, {len(fitted.model.encoding.names)} features; {chosen}."
    monotone = {1: "rises", -1: "falls"}
    for name, sign in said["training"]["monotone"].items():
        yield f"The score only {monotone[sign]} with {name}."
    how = said["training"]
    yield f"Class weight: {how['class_weight']}; resampling: {how['resampling']}; calibration: {fitted.model.calibration.kind}."


def _quality(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    yield "## Quality"
    yield "On the users of the last cutoff, with the 95 % interval of a bootstrap:"
    yield ""
    yield f"| | {' | '.join(FIGURES.values())} |"
    yield "|---|" + "---|" * len(FIGURES)
    for model, of_model in evaluation.figures.items():
        yield f"| {NAMES[model]} | {' | '.join(_figure(of_model, name) for name in FIGURES)} |"
    auc = evaluation.figures[MODEL]["roc_auc"]
    if auc.low <= WEAK:
        yield ""
        yield f"**An AUC of {auc.value:.3f} is weak**: what users did says little of who comes back in these data."


def _smote(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    yield "## SMOTE"
    if "xgboost_smote" not in evaluation.figures:
        yield "Not compared (training.compare_smote)."
        return
    own, other = (evaluation.figures[name] for name in (MODEL, "xgboost_smote"))
    auc, loss = (other[name].value - own[name].value for name in ("roc_auc", "log_loss"))
    yield (
        f"With synthetic users of the rarer class the AUC is {auc:+.4f} and the log loss {loss:+.4f} against this model. Its "
        "probabilities are those of other shares than users have, and would need calibration."
    )


def _calibration(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    found = evaluation.reliability
    yield "## Calibration"
    yield f"Expected calibration error {found.error:.3f}; exactly right probabilities would show {found.by_chance:.3f} by chance."
    yield ""
    yield "| users | predicted | left |"
    yield "|---|---|---|"
    for row in found.bins:
        yield f"| {row.users:,} | {row.predicted:.1%} | {row.observed:.1%} |"


def _decision(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    found = evaluation.confusion
    yield "## Decision"
    yield f"An offer is worth P(churn) x {offer.value:g} x {offer.winback:g} - {offer.cost:g}. The threshold {found.threshold:.3f}, best on"
    yield f"the cutoff before, brings {found.value:,.0f} on the test users:"
    yield ""
    yield "| | left | stayed |"
    yield "|---|---|---|"
    yield f"| offered | {found.true_positives:,} | {found.false_positives:,} |"
    yield f"| not offered | {found.false_negatives:,} | {found.true_negatives:,} |"
    yield ""
    yield "| tenth | users | left | lift | gain |"
    yield "|---|---|---|---|---|"
    for row in evaluation.deciles:
        yield f"| {row.number} | {row.users:,} | {row.churned:,} | {row.lift:.2f} | {row.gain:.1%} |"


def _segments(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    yield "## Large segments"
    yield "| segment | users | left | ROC AUC |"
    yield "|---|---|---|---|"
    for name, row in evaluation.segments.items():
        yield f"| {name} | {row.users:,} | {row.churned:.1%} | {_shown(row.auc)} |"


def _features(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    yield "## Features"
    yield "Mean size of their SHAP values on the test users, in log-odds:"
    yield ""
    yield "| feature | size |"
    yield "|---|---|"
    for name, size in evaluation.explained.importance[:15]:
        yield f"| {name} | {size:.3f} |"


def _drift_baseline(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    references = unpacked(fitted.model.said["reference"])
    yield "## Drift baseline"
    yield f"`gold.drift` compares later users with those of {parts.stop.cutoffs[0]} and {parts.test.cutoffs[0]}, by bins fixed on them."
    yield "Who is in both with the same value counts once among the independent ones."
    yield ""
    yield "| feature | users | independent | without a value | bins |"
    yield "|---|---|---|---|---|"
    for name, reference in references.items():
        users, (*bins, missing) = int(reference.counts.sum()), reference.counts.tolist()
        yield f"| {name} | {users:,} | {reference.independent_rows:,.0f} | {missing / users:.1%} | {sum(count > 0 for count in bins)} |"


def _limits(parts: Split, fitted: Fitted, evaluation: Evaluation, offer: Offer) -> Iterator[str]:
    yield "## Limits"
    yield "Users of behaviour, countries or products that the training cutoffs did not have are outside what it knows. Revenue of"
    yield "cancelled orders counts. `gold.drift` shows whether later users and their scores are still like those of the drift baseline, and"
    yield "`gold.model_performance` shows what came true."


def _figure(of_model: Mapping[str, Figure], name: str) -> str:
    return _shown(of_model[name])


def _shown(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
