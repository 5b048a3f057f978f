"""Whether the model has to be trained: where there is no champion that can score today's features, or drift asks for it."""

from libs.errors import InputError
from libs.settings.config import Settings
from ml.features.manifest import definitions
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, load, number_of


def why_trained(settings: Settings) -> str | None:
    """Why it has to be trained, None where it need not."""
    with tracked(settings) as client:
        number = number_of(client, CHAMPION)
        if number is None:
            return "there is no champion"
        try:
            champion = load(client, number)
        except InputError as error:
            return str(error)
    return None if champion.model.definitions == definitions() else "features are defined otherwise than the champion's"
