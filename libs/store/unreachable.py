"""Says in one line why an object store could not be used, whichever library noticed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from libs.errors import StoreUnreachable
from libs.packages.optional import require
from libs.settings.config import Settings
from libs.store.place import object_store

REFUSED = re.compile(r"SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied|Forbidden|403|Access Denied|signature we calculated")
KEY = "it refuses the key: set S3_ACCESS_KEY and S3_SECRET_KEY to its own"
SILENT = "it does not answer: see `make status`, and start it with `make up`"


@contextmanager
def reported(where: str, noticed: type[BaseException] | tuple[type[BaseException], ...]) -> Iterator[None]:
    """Turn what a library raises into StoreUnreachable, without its words: they hold the request and the key's name."""
    try:
        yield
    except noticed as error:
        raise StoreUnreachable(f"{where} can't be used: {KEY if REFUSED.search(str(error)) else SILENT}") from None


def check_store(settings: Settings) -> None:
    """Ask the settings' object store for its root. Raises StoreUnreachable, before others wait for it and fail at length.

    Raises PackagesMissing without the packages of extra `s3`.
    """
    require("botocore", "s3", settings.lakehouse_root)
    from botocore.exceptions import BotoCoreError, ClientError

    with reported(
        f"{settings.lakehouse_root} at {settings.s3.endpoint if settings.s3 else ''}", (OSError, BotoCoreError, ClientError)
    ):
        object_store(settings).ls(settings.lakehouse_root)
