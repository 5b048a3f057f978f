"""The lease of a lakehouse, which every job holds while it writes."""

from contextlib import AbstractContextManager
from pathlib import Path

from libs.locks.lease import Say, lease
from libs.packages.optional import require
from libs.settings.config import ConfigError, Settings


def writing(settings: Settings, job: str, say: Say = print) -> AbstractContextManager[None]:
    """Hold the lease on the settings' tables while the block runs: a file lock, on an object store a database's.

    Raises LeaseTaken when another run holds it for longer than the settings wait, LeaseUnavailable when its database
    does not answer, PackagesMissing without the packages of extra `s3`.
    """
    if "://" not in settings.lakehouse_root:
        return lease(Path(settings.lakehouse_root), job, settings.lock_wait_seconds, say)
    if settings.lease_database is None:
        raise ConfigError(
            f"lease_database: missing for {settings.lakehouse_root}: an object store has no locks, so name a PostgreSQL that has"
        )
    require("psycopg", "s3", f"the lease of {settings.lakehouse_root}")
    from libs.locks.database_lease import database_lease

    return database_lease(
        settings.lease_database, settings.lease_password, settings.lakehouse_root, job, settings.lock_wait_seconds, say
    )
