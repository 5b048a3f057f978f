"""What contracts and refreshes give on one engine, as Parquet."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import Rows, conform, conformed
from lakehouse.contract.hashes import fields_of, former_row_hash
from lakehouse.contract.loading import load_sources
from lakehouse.contract.outcome import accepted, latest, rejected, restored
from lakehouse.contract.repeats import by_repeats
from lakehouse.contract.source import Rate
from lakehouse.definitions.union import united
from lakehouse.refresh.arrivals import judged_rows
from lakehouse.refresh.fed import Fed
from lakehouse.refresh.quarantine import without_replaced
from libs.settings.project import PROJECT_ROOT
from tests.equal_contracts.inputs import bronze_rows
from tests.equal_contracts.made_up import SHOP, with_made_up
from tests.equal_contracts.refreshes import refreshed
from tests.equal_contracts.tables import frame_of

CATALOGUE = with_made_up(catalogue())
RATES = (Rate(day=date(2025, 12, 29), of="EUR", to="USD", rate=Decimal("1.1745678901")),)
DECLARED = load_sources(sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml")))
SOURCES = {name: source.model_copy(update={"rates": RATES}) for name, source in {**DECLARED, SHOP.source: SHOP}.items()}
FEEDS = [
    Fed(s, n, e, feed, tuple((other, CATALOGUE[f"silver.{o}"].table) for o, other in table.feeds.items() if o != e))
    for s in SOURCES.values()
    for n, table in s.tables.items()
    for e, feed in table.feeds.items()
]
KEY = "a key"


def of_feed(spark: SparkSession, fed: Fed, rows: Rows, fields: Sequence[str]) -> Iterator[tuple[str, DataFrame]]:
    """What the contract makes of the arrivals of one feed.

    Each step's rows are taken into memory for the next, as a run stages them and reads quarantine from a table.
    """
    table, source = CATALOGUE[f"silver.{fed.entity}"].table, fed.source
    made = frame_of(spark, conformed(rows, source, fed.feed, table, KEY, keep_raw=True).toArrow())
    yield "conformed", made
    quarantined = frame_of(spark, rejected(made, table).toArrow())
    yield "rejected", quarantined
    yield "latest", latest(accepted(made), table, fed.feed)
    alone, shared = (of.frame for of in by_repeats(rows, source, fed.feed, table))
    yield "by repeats", alone.withColumn("_is_alone", F.lit(True)).unionByName(shared.withColumn("_is_alone", F.lit(False)))
    yield "again", conform(restored(quarantined, fields), source, fed.feed, table, KEY)


def judged(spark: SparkSession, fed: Fed, bronze: DataFrame) -> Rows:
    """The arrivals of a feed's bronze table with the verdicts of its feeds, in memory."""
    rows = judged_rows(fed, CATALOGUE[f"silver.{fed.entity}"].table, bronze)
    return Rows(frame_of(spark, rows.frame.toArrow()), rows.named, rows.beside)


def of_bronze(bronze: DataFrame) -> Iterator[tuple[str, DataFrame]]:
    """What is asked of a bronze table whatever its feeds."""
    hashes = bronze.where("_source_file = 'a.csv'").select(former_row_hash(fields_of(bronze)).alias("_row_hash"))
    yield "not replaced", without_replaced(bronze, hashes)
    yield "union", united([bronze.select("_source_file"), bronze.drop("_source_file"), bronze.select("_ingested_at")])


def compute(spark: SparkSession, written: Path, rows: int, seed: str) -> None:
    """Write every frame to the folder `written`."""
    written.mkdir(parents=True)
    tables = {(f.source.source, f.source_table): f for f in FEEDS}
    arrivals = {f.bronze: bronze_rows(f.source, f.source_table, CATALOGUE, rows, seed) for f in tables.values()}
    bronze = {name: spark.createDataFrame(rows) for name, rows in arrivals.items()}
    shared = {f.bronze: judged(spark, f, bronze[f.bronze]) for f in tables.values()}
    for fed in FEEDS:
        for name, frame in of_feed(spark, fed, shared[fed.bronze], fields_of(bronze[fed.bronze])):
            _write(written / f"{fed.source.source}, {fed.entity}, {name}.parquet", frame)
    for table, given in bronze.items():
        for name, frame in of_bronze(given):
            _write(written / f"{table}, {name}.parquet", frame)
    for name, frame in refreshed(spark, CATALOGUE, FEEDS, arrivals, KEY):
        _write(written / f"{name}.parquet", frame)


def _write(file: Path, frame: DataFrame) -> None:
    moments = {field.name for field in frame.schema.fields if field.dataType.typeName() == "timestamp"}
    # As numbers: Python's datetime can't hold all of them.
    columns = [F.unix_micros(name).alias(name) if name in moments else F.col(name) for name in frame.columns]
    pq.write_table(frame.select(*columns).toArrow(), file)
