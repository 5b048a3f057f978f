"""Every table and random funnels on both engines, for few seeds; `python -m tests.equal_rows` does it for more."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.engine_process import EngineProcess
from tests.equal_rows.__main__ import different
from tests.equal_rows.compute import OF_NATIVE
from tests.equal_rows.inputs import DERIVED

# No rows at all, amounts at the bounds, and one table without rows.
SEEDS = (0, 2, 4)


@pytest.fixture
def engines(spark_process: EngineProcess, tmp_path: Path) -> Iterator[Mapping[str, EngineProcess]]:
    native = EngineProcess("native", tmp_path / "native", environment=OF_NATIVE)
    yield {"native": native, "spark": spark_process}
    native.kill()


def test_both_engines_give_the_same_rows_of_every_table(tmp_path: Path, engines: Mapping[str, EngineProcess]) -> None:
    assert different(tmp_path, SEEDS, engines) == []
    assert [name for name in DERIVED if not _rows(tmp_path, name)] == [], "compared without rows"


def _rows(folder: Path, name: str) -> int:
    return sum(pq.read_metadata(file).num_rows for file in folder.glob(f"*/native/{name}.*parquet"))
