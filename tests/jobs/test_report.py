from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.loading import load_source
from lakehouse.funnels.declaration import Funnels
from lakehouse.gold.refresh_results import TABLE
from lakehouse.report.newest import write_report
from libs.errors import InputError
from libs.settings.config import Settings
from tests.libs.store.declaring import declaring
from tests.stores import store_at

MOMENT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def ran(run_id: str, moment: datetime) -> tuple[object, ...]:
    return (run_id, "bronze.thelook_events", "append", 12345, 12345, 17, 3, 1.5, 4, moment, AS_OF)


def test_the_newest_run_is_reported(spark: SparkSession, settings: Settings, tmp_path: Path) -> None:
    store = store_at(str(tmp_path / "lakehouse"), spark)
    rows = [ran("newest", MOMENT), ran("older", MOMENT - timedelta(hours=1))]
    store.append(TABLE, spark.createDataFrame(rows, TABLE.schema))
    store.append(*declaring("bronze.thelook_events", spark.range(3)))
    sources = [load_source(file) for file in settings.conf_files("sources/*.yaml").values()]

    assert write_report(store, sources, Funnels(), tmp_path / "report" / "index.html") == "newest"

    page = (tmp_path / "report" / "index.html").read_text()
    assert "<dd>newest</dd>" in page
    assert "<dd>thelook</dd>" in page
    assert "As of <strong>1 Jan 2026, 00:00 UTC</strong>: complete days up to 31 Dec 2025." in page
    assert "<dd>5 Jan 2026, 09:30 UTC</dd>" in page
    assert page.count("12,345") == 2
    assert ", in USD. " in page
    assert "data_docs" not in page


def test_without_a_run_there_is_a_plain_answer(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gold\.refresh_results: no run to report at .*; run `make demo` first"):
        write_report(store_at(str(tmp_path), spark), [], Funnels(), tmp_path / "index.html")
