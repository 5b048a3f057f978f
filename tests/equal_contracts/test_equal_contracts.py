from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.engine_process import EngineProcess
from tests.equal_contracts.__main__ import different


# Spark plans a hundred wide frames.
@pytest.mark.timeout(1500)
def test_contracts_and_refreshes_of_silver_give_the_same_rows_on_both_engines(
    tmp_path: Path, engines: Mapping[str, EngineProcess]
) -> None:
    assert different(tmp_path, 150, "1", engines) == []
    frames = list((tmp_path / "native").glob("*.parquet"))
    assert len(frames) > 100
    empty = {file.stem for file in frames if pq.read_metadata(file).num_rows == 0}
    assert len(empty) < 10, f"nothing is compared where there are no rows: {sorted(empty)}"
