"""Computes every table from the inputs of some seeds on one engine, and writes the rows: one process has one engine.

`python -m tests.equal_rows.compute native <folder>` reads `<folder>/<seed>/inputs` and writes `<folder>/<seed>/native`.
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.catalogue.entry import Entry
from libs.settings.config import load_settings
from tests.equal_rows.inputs import DERIVED, read_declared

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from lakehouse.funnels.declaration import Funnels


BATCH_ROWS = 50
PARTITIONS = 2


def compute(engine: str, folder: Path) -> None:
    """Compute all seeds below `folder`."""
    spark = _session(engine, folder)
    for seed in sorted(path for path in folder.iterdir() if (path / "inputs").is_dir()):
        (seed / engine).mkdir()
        _compute_seed(spark, seed / "inputs", seed / engine)


def _session(engine: str, folder: Path) -> "SparkSession":
    """A session with batches of few rows and several partitions, so that few rows are in many of them."""
    settings = load_settings({"LAKEHOUSE_ROOT": str(folder / "lakehouse")})
    if engine == "native":
        from libs.engines.native import native_session

        os.environ |= {"SAIL_EXECUTION__BATCH_SIZE": str(BATCH_ROWS), "SAIL_EXECUTION__DEFAULT_PARALLELISM": str(PARTITIONS)}
        return native_session(settings)
    from libs.engines.spark import session
    from tests.small_spark import small

    spark = session(small(settings), "equal rows")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH_ROWS)
    spark.conf.set("spark.sql.shuffle.partitions", PARTITIONS)
    return spark


def _compute_seed(spark: "SparkSession", inputs: Path, to: Path) -> None:
    """Each table twice: from the random rows of its sources, and from what was computed of them."""
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


if __name__ == "__main__":
    compute(sys.argv[1], Path(sys.argv[2]))
