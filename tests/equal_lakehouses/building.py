"""One run of a lakehouse, in a process that has an engine's session."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from lakehouse.catalogue.discovery import catalogue
from lakehouse.funnels.declaration import load_funnels
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.run import Outcome, Run
from libs.settings.project import PROJECT_ROOT
from libs.store.port import Store
from libs.tables import TableError
from tests.equal_lakehouses.arrivals import Asked, declared

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What became of a table: how it was refreshed, rows in, out, quarantined and seen before.
Became = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Ran:
    """What became of each table, what could not be published and why, and how many seconds the run took."""

    tables: Mapping[str, Became]
    fault: str
    seconds: float


def run(spark: "SparkSession", root: str, asked: Asked) -> Ran:
    """Take the files that are there and bring every table up to date."""
    from tests.stores import store_at

    began = time.monotonic()
    done: list[Outcome] = []
    fault = ""
    try:
        _refresh(store_at(root, spark, asked.few_rows), asked, done)
    except TableError as error:
        fault = str(error)
    except Exception as error:
        # Whatever the engine can't do is a finding like any other; the process goes on with the next run.
        fault = f"{type(error).__name__}: {' '.join(str(error).splitlines()[:2])}"
    became = {o.table: (o.mode, o.rows_in, o.rows_out, o.quarantined, o.rows_seen_before) for o in done}
    return Ran(became, fault, time.monotonic() - began)


def keep_up(spark: "SparkSession", root: str, names: Sequence[str]) -> None:
    """Keep up the tables of these names that are there, without losing what changed."""
    from tests.stores import store_at

    store = store_at(root, spark)
    for name in names:
        if store.exists(name):
            store.keep_up(name, 168)


def _refresh(store: Store, asked: Asked, done: list[Outcome]) -> None:
    declarations = {"funnels": load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")}
    run = Run(store, asked.moment, lambda table, rows: None, declarations=declarations, pseudonym_key="key of the test")
    sources = declared(asked.sources)
    pipeline = Pipeline(run, catalogue(), sources, done.append)
    list(chain(*(pipeline.take(source, str(asked.data / source.source)) for source in sources if source.source in asked.takes)))
    pipeline.refresh_contracted()
    pipeline.refresh_derived(asked.as_of)
