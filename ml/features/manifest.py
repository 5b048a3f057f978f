"""What a set of features was computed from, so that the same rows can be computed again later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.catalogue.digest import digest
from libs.errors import InputError
from libs.store.port import Store
from libs.tables import Table
from ml.features.churn import churn_features
from ml.features.cutoffs import Cutoff
from ml.features.declaration import Churn
from ml.features.facts import READ, Facts
from ml.features.known import versions
from ml.gold.churn_features import TABLE


@dataclass(frozen=True)
class Manifest:
    """The cutoffs, the declaration, the digest of the features' definitions, and the version of each table that was read."""

    cutoffs: Sequence[Cutoff]
    churn: Churn
    definitions: str
    tables: Mapping[str, int]

    @classmethod
    def of(cls, store: Store, cutoffs: Sequence[Cutoff], churn: Churn) -> "Manifest":
        """For the newest versions. Raises InputError where a table does not exist."""
        missing = [table.name for table, _ in READ if not store.exists(table.name)]
        if missing:
            raise InputError(f"{store.root} has no {missing[0]}: run `make demo` or jobs.refresh first")
        return cls(tuple(cutoffs), churn, definitions(), {table.name: store.version(table.name) for table, _ in READ})

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        moments = [{"day": c.day.isoformat(), "known_before": c.known_before.isoformat()} for c in self.cutoffs]
        churn = json.loads(self.churn.model_dump_json())
        return {"cutoffs": moments, "churn": churn, "definitions": self.definitions, "tables": dict(self.tables)}

    @classmethod
    def unpacked(cls, values: Mapping[str, Any]) -> "Manifest":
        """What `packed` returned."""
        moments = [Cutoff(date.fromisoformat(c["day"]), datetime.fromisoformat(c["known_before"])) for c in values["cutoffs"]]
        return cls(tuple(moments), Churn.model_validate(values["churn"]), values["definitions"], values["tables"])

    def facts(self, store: Store) -> Facts:
        """The facts at the versions that were read. Raises InputError where maintenance deleted one."""

        def read(table: Table, columns: tuple[str, ...]) -> DataFrame:
            return versions(store, table, columns, self.tables[table.name], self.churn.history_until)

        return Facts.read(read)

    def features(self, store: Store) -> DataFrame:
        """The rows of `gold.churn_features` once more. Raises InputError where features are defined otherwise now."""
        if self.definitions != definitions():
            raise InputError(
                f"features were defined otherwise ({self.definitions}) than now ({definitions()}): check out that version"
            )
        return churn_features(self.facts(store), self.cutoffs, self.churn)


@cache
def definitions() -> str:
    """A digest of how features are computed: the function with all that it uses, and the columns."""
    return digest(TABLE, churn_features, versions)
