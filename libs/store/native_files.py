"""What the native engine computes, by way of Parquet files that it writes: through its connection they take more (docs/engines.md)."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from libs.store.arrow_rows import plain
from libs.store.native_frames import folder_of_process


class ComputedFiles:
    """The rows of a frame, computed once, in files of their own below `folder`."""

    def __init__(self, rows: DataFrame, folder: Path) -> None:
        """Compute the rows."""
        self._rows, self._folder = rows, Path(tempfile.mkdtemp(dir=folder))
        rows.write.option("compression", "uncompressed").mode("append").parquet(str(self._folder))
        self._files = sorted(self._folder.glob("*.parquet"))

    @property
    def frame(self) -> DataFrame:
        """The rows as a frame that does not compute them again."""
        spark = self._rows.sparkSession
        # Of no rows at all no file is written.
        return spark.read.parquet(str(self._folder)) if self._files else spark.createDataFrame([], self._rows.schema)

    @property
    def dataset(self) -> ds.Dataset:
        """The rows, of which no more columns are read than are asked for."""
        return ds.dataset(self._files if self._files else self.arrow())

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(pq.read_metadata(file).num_rows for file in self._files)

    def arrow(self) -> pa.Table:
        """The rows in this process's memory."""
        if self._files:
            return plain(self.dataset.to_table())
        return to_arrow_schema(self._rows.schema, timezone="UTC").empty_table()

    def delete(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.unlink()
        self._folder.rmdir()


def computed(rows: DataFrame) -> pa.Table:
    """The rows in this process's memory."""
    files = ComputedFiles(rows, folder_of_process())
    try:
        return files.arrow()
    finally:
        files.delete()
