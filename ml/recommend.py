"""All that is said of users and products, in one reading of what users did: recommendations, similar products, purchase likelihood."""

from libs.settings.config import Settings
from ml.declared import declared
from ml.purchase.filling import fill as fill_purchase
from ml.recommendations.filling import fill as fill_recommendations
from ml.recommendations.reading import read_history
from ml.tables import Tables


def recommend(tables: Tables, settings: Settings) -> None:
    """Fill gold.recommendations, gold.similar_products and gold.purchase_propensity, as the sections of conf/models.yaml say."""
    said = declared(settings)
    history, today = read_history(tables)
    fill_recommendations(tables, history, today, said.recommendations)
    fill_purchase(tables, history, today, said.purchase)
