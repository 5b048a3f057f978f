"""What a store knows of its tables from their logs, whichever engine computes their rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from libs.settings.config import Settings
from libs.store.published import Commit, Published, Size, VersionFiles


@dataclass(frozen=True)
class Delegated:
    """A store of the `published` tables, whose frames are of the session; what is read without it is passed on to them."""

    published: Published
    spark: SparkSession

    @classmethod
    def at(cls, root: str, spark: SparkSession) -> Self:
        """The tables below a folder."""
        return cls(Published(root), spark)

    @classmethod
    def opened(cls, settings: Settings, spark: SparkSession) -> Self:
        """The tables that the settings name, through that session."""
        return cls(Published.of(settings), spark)

    @property
    def root(self) -> str:
        """The folder or the object store's address."""
        return self.published.root

    def path(self, name: str) -> str:
        """Where the table lives."""
        return self.published.path(name)

    def exists(self, name: str) -> bool:
        """Whether there is a version of the table."""
        return self.published.exists(name)

    def columns(self, name: str) -> list[str]:
        """Names of the newest version's columns."""
        return self.published.columns(name)

    def stored(self, name: str, version: int | None = None) -> StructType:
        """The columns of the newest or a named version with their types, in its order."""
        return StructType.fromJson(json.loads(self.published.table(name, version).schema().to_json()))

    def version(self, name: str) -> int:
        """The newest version."""
        return self.published.version(name)

    def last_commit(self, name: str) -> Commit:
        """The newest commit that carries a state."""
        return self.published.last_commit(name)

    def row_count(self, name: str, version: int | None = None) -> int:
        """How many rows a version has."""
        return self.published.row_count(name, version)

    def size(self, name: str) -> Size:
        """Files, rows and bytes of the newest version."""
        return self.published.size(name)

    def properties(self, name: str) -> Mapping[str, str]:
        """The newest version's properties, by Delta's names."""
        return self.published.properties(name)

    def greatest(self, name: str, column: str) -> Any:
        """The greatest value of a skipping column."""
        return self.published.greatest(name, column)

    def changed(self, name: str, expression: str, after: int, until: int) -> list[Any]:
        """Each value of an expression over the rows that versions changed."""
        return self.published.changed(name, expression, after, until)

    def keeps_changes(self, name: str, after: int) -> bool:
        """Whether all that later versions changed still exists."""
        return self.published.keeps_changes(name, after)

    def has_same_rows(self, name: str, after: int) -> bool:
        """Whether no later version changed a row."""
        return self.published.has_same_rows(name, after)

    def arrow(self, name: str, version: int | None = None) -> Any:
        """A version's rows as an Arrow dataset."""
        return self.published.arrow(name, version)

    def files(self, name: str, version: int | None = None) -> VersionFiles:
        """A version's files and columns."""
        return self.published.files(name, version)
