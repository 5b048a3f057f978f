"""What is known of published tables from their logs, and their rows as Arrow, without an engine."""

from typing import Any, Protocol

from libs.store.published import Commit, Size, VersionFiles


class Reader(Protocol):
    """Published tables, each `<layer>.<name>` at `<root>/<layer>/<name>`, read without an engine."""

    @property
    def root(self) -> str:
        """A folder or an object store's address."""

    def path(self, name: str) -> str:
        """Where the table lives."""

    def exists(self, name: str) -> bool:
        """Whether a version of the table has been published."""

    def version(self, name: str) -> int:
        """The newest version."""

    def columns(self, name: str) -> list[str]:
        """Names of the newest version's columns."""

    def last_commit(self, name: str) -> Commit:
        """The newest commit that carries a state; without one, the newest commit."""

    def row_count(self, name: str, version: int | None = None) -> int:
        """The number of rows of the newest or a named version."""

    def size(self, name: str) -> Size:
        """Files, rows and bytes of the newest version."""

    def greatest(self, name: str, column: str) -> Any:
        """The greatest value of a column; None where it has none."""

    def changed(self, name: str, expression: str, after: int, until: int) -> list[Any]:
        """Each value but null of a DuckDB expression over the rows that versions after `after` up to `until` changed."""

    def keeps_changes(self, name: str, after: int) -> bool:
        """Whether all that the versions after `after` changed still exists."""

    def has_same_rows(self, name: str, after: int) -> bool:
        """Whether no version after `after` changed a row: those of upkeep, and commits of a state alone."""

    def arrow(self, name: str, version: int | None = None) -> Any:
        """The rows of the newest or a named version as an Arrow dataset."""

    def files(self, name: str, version: int | None = None) -> VersionFiles:
        """The files of the newest or a named version, and its columns."""
