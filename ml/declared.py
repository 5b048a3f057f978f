"""What conf/models.yaml declares, a section for each kind of model; a key that is not named there has its default."""

from libs.settings.config import Settings
from libs.settings.located import read_located
from ml.drift.declaration import Drift
from ml.features.declaration import Churn
from ml.purchase.declaration import PurchaseSection
from ml.recommendations.declaration import RecommendationsSection
from ml.section import Section
from ml.serving.declaration import Serving
from ml.training.declaration import Offer, Training
from ml.value.declaration import ValueSection

FILE = "models.yaml"


class Declared(Section):
    """The whole file."""

    churn: Churn = Churn()
    training: Training = Training()
    offer: Offer = Offer()
    drift: Drift = Drift()
    value: ValueSection = ValueSection()
    recommendations: RecommendationsSection = RecommendationsSection()
    purchase: PurchaseSection = PurchaseSection()
    serving: Serving = Serving()


def declared(settings: Settings) -> Declared:
    """The whole file, also where one section is asked for: a mistake in another is found before any model runs.

    Raises ConfigError, one line with file, line and key of every error.
    """
    file = settings.conf_file(FILE)
    return Declared() if file is None else read_located(file, settings.project_root).validated(Declared)
