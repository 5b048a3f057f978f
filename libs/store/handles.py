"""Tables as delta-rs opened them: each is opened once, however much is asked of it, and again after a write of ours."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Lock

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from libs.settings.config import Settings


class Handles:
    """Opened tables by path and version. They are as their first reader found them: the lease keeps other writers out of a run.

    Several threads may ask at once. `storage` says how delta-rs reaches an object store.
    """

    def __init__(self, storage: Mapping[str, str] | None = None) -> None:
        """Nothing is opened yet."""
        self.storage = dict(storage or {})
        self._opened: dict[tuple[str, int | None], DeltaTable] = {}
        # Held while a table is opened: a reader that began before a write must not leave the older version behind.
        self._lock = Lock()

    def exists(self, path: str) -> bool:
        """Whether there is a table at `path`."""
        if (path, None) in self._opened:
            return True
        with self._told(path):
            return DeltaTable.is_deltatable(path, storage_options=self.storage)

    def table(self, path: str, version: int | None = None) -> DeltaTable:
        """The table at its newest or a named version."""
        with self._lock:
            newest = self._opened.get((path, None))
            if newest is not None and version == newest.version():
                return newest
            if (path, version) not in self._opened:
                with self._told(path):
                    self._opened[path, version] = DeltaTable(path, version=version, storage_options=self.storage)
            return self._opened[path, version]

    def opened(self, path: str) -> DeltaTable | None:
        """The table at its newest version, None where there is none.

        Unlike `exists` it leaves the interpreter to other threads while a store is waited for (deltalake 1.6.6).
        """
        try:
            return self.table(path)
        except TableNotFoundError:
            return None

    def renewed(self, path: str) -> DeltaTable:
        """The table at its newest version, looked for again: call it after each write."""
        with self._lock:
            newest = self._opened.get((path, None))
            if newest is not None:
                with self._told(path):
                    newest.update_incremental()
                return newest
        return self.table(path)

    def _told(self, path: str) -> AbstractContextManager[None]:
        """Of an object store's faults, not of a folder's."""
        if not self.storage:
            return nullcontext()
        # It brings in fsspec, which takes longer to import than a log does to read.
        from libs.store.unreachable import reported

        return reported(path, OSError)


def storage_options(settings: Settings) -> dict[str, str]:
    """What delta-rs needs to reach the tables; nothing where they are files."""
    if settings.s3 is None or "://" not in settings.lakehouse_root:
        return {}
    options = {
        "AWS_ENDPOINT_URL": settings.s3.endpoint,
        "AWS_REGION": settings.s3.region,
        "AWS_ALLOW_HTTP": str(settings.s3.endpoint.startswith("http:")).lower(),
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        # A store that is away for half a minute is waited for, as Spark does (conf/cluster.yaml).
        "max_retries": "200",
        "retry_timeout": "120s",
        "backoff_config.max_backoff": "2s",
    }
    keys = {"AWS_ACCESS_KEY_ID": settings.s3_access_key, "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key}
    return options | {name: key.get_secret_value() for name, key in keys.items() if key}
