"""Who becomes champion: a challenger that is better on the same held-out users, and not worse in any large segment of them."""

from datetime import date
from typing import TYPE_CHECKING

from libs.errors import InputError
from libs.settings.config import Settings
from libs.store.reader import Reader
from ml.declared import declared
from ml.evaluation.comparison import Comparison, compared
from ml.features.manifest import Manifest, definitions
from ml.registry.tracking import tracked
from ml.registry.versions import CHALLENGER, CHAMPION, NAME, Refused, Version, by_alias, load, number_of, promote, roll_back
from ml.tables import Say
from ml.training.data import at_cutoff
from ml.training.declaration import Training

if TYPE_CHECKING:
    from mlflow import MlflowClient


def promote_challenger(tables: Reader, settings: Settings, say: Say) -> str:
    """Make the challenger champion where it is better; returns its number.

    Raises InputError, a line a reason, where it may not be: the champion goes on then.
    """
    training = declared(settings).training
    with tracked(settings) as client:
        challenger = by_alias(client, CHALLENGER)
        if challenger.model.definitions != definitions():
            raise _refused(challenger, ["it was trained on features as they were defined then: run `make train`"])
        champion = _champion(client, say)
        if champion is not None:
            comparison = _compared(tables, champion, challenger, training)
            if comparison.faults:
                raise _refused(challenger, comparison.faults)
            say(
                f"AUC {comparison.auc.value:+.4f} ({comparison.auc.low:+.4f} to {comparison.auc.high:+.4f}) against version {champion.number}"
            )
        promote(client, challenger.number)
    say(f"{NAME} version {challenger.number} is champion")
    return challenger.number


def go_back(settings: Settings, say: Say) -> str:
    """Make the former champion champion again; returns its number. Raises InputError where there is none that may be used."""
    with tracked(settings) as client:
        before, now = roll_back(client)
    say(f"{NAME} version {now} is champion again, in place of {before}")
    return now


def _champion(client: "MlflowClient", say: Say) -> Version | None:
    """The champion that the challenger is compared with; none where there is none, or it can't score today's features.

    One whose files may not be used is not in the way of a challenger, which was loaded from the same place.
    """
    number = number_of(client, CHAMPION)
    if number is None:
        return None
    try:
        champion = load(client, number)
    except Refused as error:
        say(f"{error}: the champion is not compared")
        return None
    if champion.model.definitions == definitions():
        return champion
    say(f"version {number}, the champion, was trained on features that are defined otherwise now: it is not compared")
    return None


def _compared(tables: Reader, champion: Version, challenger: Version, training: Training) -> Comparison:
    """On the cutoff that the challenger was tested by, which neither was trained on, unless the champion is newer."""
    day = _tested_on(challenger)
    part = at_cutoff(tables, day)
    ours, theirs = (version.model.probabilities(part.rows) for version in (champion, challenger))
    return compared(part.rows, part.churned, ours, theirs, training.resamples, training.seed)


def _tested_on(version: Version) -> date:
    return max(cutoff.day for cutoff in Manifest.unpacked(version.model.said["manifest"]).cutoffs)


def _refused(challenger: Version, reasons: list[str]) -> InputError:
    return InputError(f"{NAME} version {challenger.number} does not become champion: {'; '.join(reasons)}")
