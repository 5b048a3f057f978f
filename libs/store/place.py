"""The files and folders at the lakehouse's root, whether on disk or on an object store."""

from typing import Any

import fsspec

from libs.packages.optional import require
from libs.settings.config import Settings
from libs.settings.settings import S3Settings

ASIDE = "_aside"


class Place:
    """The folder or object store address that the settings call `lakehouse_root`."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._root = settings.lakehouse_root
        self._files: Any = object_store(settings) if self._is_remote else fsspec.filesystem("file")

    def __str__(self) -> str:
        return self._root

    @property
    def _is_remote(self) -> bool:
        return "://" in self._root

    def exists(self, name: str) -> bool:
        """Whether there is such a file or folder."""
        return bool(self._files.exists(f"{self._root}/{name}"))

    def read(self, name: str) -> str | None:
        """The text of a small file, or None where there is none."""
        return str(self._files.cat_file(f"{self._root}/{name}").decode()) if self.exists(name) else None

    def write(self, name: str, text: str) -> None:
        """Write a small file, and the folder where it is missing."""
        self._files.makedirs(self._root, exist_ok=True)
        self._files.pipe_file(f"{self._root}/{name}", text.encode())

    def set_aside(self, name: str) -> str:
        """Move all that is here to a place of its own, in place of what stood there; returns that place.

        On disk the folder is renamed; on an object store, which can't rename, objects are copied within the store.
        """
        aside = f"{self._root}/{ASIDE}/{name}" if self._is_remote else f"{self._root}.{name}"
        if self._files.exists(aside):
            self._files.rm(aside, recursive=True)
        if not self._is_remote:
            self._files.mv(self._root, aside, recursive=True)
            return aside
        for path in self._files.ls(self._root, detail=False):
            last = path.rsplit("/", 1)[-1]
            if last != ASIDE:
                self._files.mv(path, f"{aside}/{last}", recursive=True)
        return aside


def object_store(settings: Settings) -> Any:
    """The object store of the settings as a file system of fsspec. Raises PackagesMissing without the packages of extra `s3`."""
    require("s3fs", "s3", settings.lakehouse_root)
    return object_store_at(*_store(settings))


def object_store_at(s3: S3Settings, key: str | None = None, secret: str | None = None) -> Any:
    """An object store as a file system of fsspec; without a key that of the environment or the machine's role is taken.

    Raises PackagesMissing as `object_store` does.
    """
    require("s3fs", "s3", s3.endpoint)
    from s3fs import S3FileSystem

    return S3FileSystem(
        key=key,
        secret=secret,
        endpoint_url=s3.endpoint,
        client_kwargs={"region_name": s3.region},
        use_listings_cache=False,
    )


def s3_client(settings: Settings) -> Any:
    """The object store of the settings by its own operations, objects as they are: nothing is made up into folders.

    Raises PackagesMissing without the packages of extra `s3`.
    """
    require("boto3", "s3", settings.lakehouse_root)
    import boto3

    s3, key, secret = _store(settings)
    return boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=s3.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


def _store(settings: Settings) -> tuple[S3Settings, str | None, str | None]:
    """Where the store is, and the key to it with its secret."""
    if settings.s3 is None:
        raise ValueError("these settings have no s3")
    keys = (settings.s3_access_key, settings.s3_secret_key)
    key, secret = (k.get_secret_value() if k else None for k in keys)
    return settings.s3, key, secret
