"""Computes every table from the inputs of a seed on one engine, and writes the rows."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.catalogue.entry import Entry
from tests.engine_process import own_session
from tests.equal_rows.inputs import DERIVED, read_declared

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from lakehouse.funnels.declaration import Funnels


# Batches of few rows and several partitions, so that few rows are in many of them.
OF_NATIVE = {"SAIL_EXECUTION__BATCH_SIZE": "50", "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2"}
OF_SPARK = {"spark.sql.execution.arrow.maxRecordsPerBatch": "50", "spark.sql.shuffle.partitions": "2"}


def compute(spark: "SparkSession", inputs: Path, to: Path) -> None:
    """Each table twice: from the random rows of its sources, and from what was computed of them."""
    to.mkdir()
    _compute_seed(_of_few_rows(spark), inputs, to)


def _of_few_rows(spark: "SparkSession") -> "SparkSession":
    own = own_session(spark)
    for name, value in OF_SPARK.items() if own is not spark else ():
        own.conf.set(name, value)
    return own


def _compute_seed(spark: "SparkSession", inputs: Path, to: Path) -> None:
    as_of, funnels = read_declared(inputs)
    for name, entry in DERIVED.items():
        for way, made in (("from_random", inputs), ("from_computed", to)):
            files = {s: _file(made, inputs, s) for s in entry.table.sources}
            if way == "from_computed" and all(file.parent == inputs for file in files.values()):
                continue
            sources = {s: spark.read.parquet(str(file)) for s, file in files.items()}
            _write(to, f"{name}.{way}", partial(_transformed, entry, sources, as_of, funnels))


def _file(made: Path, inputs: Path, source: str) -> Path:
    """The source's rows as the same engine computed them, where it did."""
    computed = [made / f"{source}.{way}.parquet" for way in ("from_computed", "from_random")]
    return next((file for file in computed if file.exists()), inputs / f"{source}.parquet")


def _transformed(entry: Entry, sources: Mapping[str, "DataFrame"], as_of: datetime, funnels: "Funnels") -> pa.Table:
    assert entry.transform is not None
    moment = {"as_of": as_of} if entry.wants_as_of else {}
    declared: dict[str, Any] = {"funnels": funnels} if "funnels" in entry.wants else {}
    return entry.transform(*[sources[name] for name in entry.table.sources], **moment, **declared).toArrow()


def _write(to: Path, name: str, rows: Callable[[], pa.Table]) -> None:
    """The rows, or the error in their place: the other tables are computed all the same."""
    try:
        pq.write_table(rows(), to / f"{name}.parquet")
    except Exception as error:
        (to / f"{name}.error").write_text(f"{type(error).__name__}: {error}")
