"""What contracts and refreshes give on one engine, as Parquet."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import cleaned_rows, conform
from lakehouse.contract.hashes import fields_of, former_row_hash
from lakehouse.contract.loading import load_sources
from lakehouse.contract.outcome import accepted, latest, rejected, restored
from lakehouse.contract.repeats import by_repeats
from lakehouse.contract.source import Rate
from lakehouse.definitions.union import united
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


def judged(spark: SparkSession, fed: Fed, arrivals: pa.Table) -> Iterator[tuple[str, DataFrame]]:
    """What the contract makes of the arrivals of one feed."""
    table, source, bronze = CATALOGUE[f"silver.{fed.entity}"].table, fed.source, spark.createDataFrame(arrivals)
    conformed = conform(bronze, source, fed.feed, table, KEY, others=fed.others)
    yield "conformed", conform(bronze, source, fed.feed, table, KEY, keep_raw=True, others=fed.others)
    # Taken into memory, as quarantine is read from a table: what comes again is planned without what was rejected first.
    quarantined = frame_of(spark, rejected(conformed, table).toArrow())
    yield "rejected", quarantined
    yield "latest", latest(accepted(conformed), table, fed.feed)
    alone, shared = (rows.frame for rows in by_repeats(cleaned_rows(bronze, source, [fed.feed]), source, fed.feed, table))
    yield "by repeats", alone.withColumn("_is_alone", F.lit(True)).unionByName(shared.withColumn("_is_alone", F.lit(False)))
    yield "again", conform(restored(quarantined, fields_of(bronze)), source, fed.feed, table, KEY)


def of_bronze(spark: SparkSession, arrivals: pa.Table) -> Iterator[tuple[str, DataFrame]]:
    """What is asked of a bronze table whatever its feeds."""
    bronze = spark.createDataFrame(arrivals)
    hashes = bronze.where("_source_file = 'a.csv'").select(former_row_hash(fields_of(bronze)).alias("_row_hash"))
    yield "not replaced", without_replaced(bronze, hashes)
    yield "union", united([bronze.select("_source_file"), bronze.drop("_source_file"), bronze.select("_ingested_at")])


def compute(spark: SparkSession, written: Path, rows: int, seed: str) -> None:
    """Write every frame to the folder `written`."""
    written.mkdir(parents=True)
    tables = {(f.source.source, f.source_table): f for f in FEEDS}
    arrivals = {f.bronze: bronze_rows(f.source, f.source_table, CATALOGUE, rows, seed) for f in tables.values()}
    for fed in FEEDS:
        for name, frame in judged(spark, fed, arrivals[fed.bronze]):
            _write(written / f"{fed.source.source}, {fed.entity}, {name}.parquet", frame)
    for bronze, given in arrivals.items():
        for name, frame in of_bronze(spark, given):
            _write(written / f"{bronze}, {name}.parquet", frame)
    for name, frame in refreshed(spark, CATALOGUE, FEEDS, arrivals, KEY):
        _write(written / f"{name}.parquet", frame)


def _write(file: Path, frame: DataFrame) -> None:
    moments = {field.name for field in frame.schema.fields if field.dataType.typeName() == "timestamp"}
    # As numbers: Python's datetime can't hold all of them.
    columns = [F.unix_micros(name).alias(name) if name in moments else F.col(name) for name in frame.columns]
    pq.write_table(frame.select(*columns).toArrow(), file)
