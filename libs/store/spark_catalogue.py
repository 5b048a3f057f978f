"""Tables in Spark's catalogue, by their names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from pyspark.sql import SparkSession

from libs.store.published import Published

# What the catalogue says of a table whose files are not its own.
EXTERNAL = re.compile(r"^Type: EXTERNAL$.*?^Location: (.*?)$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class SparkCatalogue:
    """The catalogue of a session, for the tables of one lakehouse."""

    spark: SparkSession
    tables: Published

    def register(self, names: Iterable[str]) -> None:
        """Make the tables known under their names.

        Those that it knows are left alone, unless the lakehouse was moved or copied together with its own catalogue: then
        they are looked for where the lakehouse is now, and no longer where it was.
        """
        wanted = sorted(names)
        for layer in sorted({name.split(".", 1)[0] for name in wanted}):
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {layer} LOCATION '{self.tables.root}/{layer}'")
            known = {f"{layer}.{row['tableName']}" for row in self.spark.sql(f"SHOW TABLES IN {layer}").collect()}
            of_layer = [name for name in wanted if name.startswith(f"{layer}.")]
            if self._moved(layer):
                known -= self._forgotten(layer, known.intersection(of_layer))
            for name in [name for name in of_layer if name not in known]:
                self.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING delta LOCATION '{self.tables.path(name)}'")

    def _moved(self, layer: str) -> bool:
        if self.spark.conf.get("spark.hadoop.hive.metastore.uris", None):
            # A metastore serves others too: tables that it knows elsewhere are theirs, and no job's to take over.
            return False
        rows = self.spark.sql(f"DESCRIBE SCHEMA {layer}").collect()
        location = next(row["info_value"] for row in rows if row["info_name"] == "Location")
        return _plain(location) != _plain(f"{self.tables.root}/{layer}")

    def _forgotten(self, layer: str, names: Iterable[str]) -> set[str]:
        """Drop those from the catalogue that it looks for elsewhere; their files, which are not the catalogue's, stay.

        Their location can't be changed where the old place is gone, and a schema's own in no embedded catalogue.
        """
        rows = self.spark.sql(f"SHOW TABLE EXTENDED IN {layer} LIKE '*'").collect()
        found = {f"{layer}.{row['tableName']}": EXTERNAL.search(row["information"]) for row in rows}
        elsewhere = {name for name in names if (at := found[name]) and _plain(at[1]) != _plain(self.tables.path(name))}
        for name in sorted(elsewhere):
            self.spark.sql(f"DROP TABLE {name}")
        return elsewhere


def _plain(location: str) -> str:
    """The location as a path, or as an object store's address."""
    return re.sub("^file:/*", "/", unquote(location)).rstrip("/")
