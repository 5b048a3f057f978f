"""Opens the tables with an engine; of the two engines only the chosen one is imported."""

from libs.settings.config import Settings
from libs.store.port import Store


def opened(settings: Settings, engine: str, app_name: str) -> Store:
    """The settings' tables, computed and written by the `engine`, native or spark.

    Raises SparkStartError, one line, when Java, a jar or the catalog is not available, and StoreUnreachable.
    """
    if engine == "native":
        from libs.engines.native import native_session
        from libs.store.native import NativeStore

        return NativeStore.opened(settings, native_session(settings))
    from libs.engines.spark import session
    from libs.store.spark import SparkStore

    return SparkStore.opened(settings, session(settings, app_name))
