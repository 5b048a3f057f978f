"""What keeps tables fast and small: small files put together, files that no version needs deleted, the log shortened."""

from dataclasses import dataclass

from libs.store.published import Size

# Delta itself refuses to delete younger files, unless the check is off because nobody reads old versions.
DELTA_MINIMUM_HOURS = 168


@dataclass(frozen=True)
class Kept:
    """One table before and after: its data files, its rows, its size in bytes, and how many old files were deleted."""

    table: str
    files_before: int
    files_after: int
    rows: int
    bytes: int
    deleted: int

    @classmethod
    def of(cls, table: str, before: Size, after: Size, deleted: int) -> "Kept":
        """From the sizes before and after."""
        return cls(table, before.files, after.files, after.rows, after.bytes, deleted)
