"""How the tests of this folder read an export back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lakehouse.synthetic.parameters import Parameters


@dataclass(frozen=True)
class Export:
    """An export on disk: its parameters, its truth and its tables as text."""

    folder: Path
    parameters: Parameters
    truth: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """All rows of a table, every field as text, an empty one as the empty text."""
        parts = sorted(self.folder.glob(f"{name}-*.csv"))
        return pd.concat([read_text(part) for part in parts], ignore_index=True)

    def clean(self, name: str) -> pd.DataFrame:
        """The rows of a table without copies and malformed ones, which have ids from 1,000,000,000 on or none."""
        rows = self.table(name).drop_duplicates()
        return rows[rows.iloc[:, 0].str.len().between(1, 9)].reset_index(drop=True)

    def planted_users(self) -> pd.DataFrame:
        """The truth about each user."""
        parts = sorted((self.folder / "truth").glob("users-*.parquet"))
        return pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)


def read_text(path: Path) -> pd.DataFrame:
    """A CSV file, every field as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def moments(texts: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Timestamps in any of the written forms; missing where empty."""
    return pd.to_datetime(texts.str.removesuffix(" UTC"), format="ISO8601")
