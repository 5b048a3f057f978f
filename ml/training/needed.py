"""Whether the model has to be trained: where there is no champion that can score today's features, or drift asks for it."""

from libs.errors import InputError
from libs.settings.config import Settings
from libs.store.reader import Reader
from ml.declared import declared
from ml.drift.check import asks_for_training
from ml.features.manifest import definitions
from ml.gold import drift
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, load, number_of


def why_trained(tables: Reader, settings: Settings) -> str | None:
    """Why it has to be trained, None where it need not."""
    with tracked(settings) as client:
        number = number_of(client, CHAMPION)
        if number is None:
            return "there is no champion"
        try:
            champion = load(client, number)
        except InputError as error:
            return str(error)
    if champion.model.definitions != definitions():
        return "features are defined otherwise than the champion's"
    return _drifted(tables, settings, number)


def _drifted(tables: Reader, settings: Settings, champion: str) -> str | None:
    """What the newest check of the champion asks for."""
    if not tables.exists(drift.TABLE.name):
        return None
    rows = tables.arrow(drift.TABLE.name).to_table(["checked_at", "model_version", "name", "is_alarm"]).to_pylist()
    of_champion = [row for row in rows if row["model_version"] == champion]
    newest = max((row["checked_at"] for row in of_champion), default=None)
    return asks_for_training((row for row in of_champion if row["checked_at"] == newest), declared(settings).drift)
