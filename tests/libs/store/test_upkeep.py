"""Small files are put together and old ones deleted; rows and the newest state stay."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.libs.store.declaring import declaring
from tests.stores import store_at

pytestmark = pytest.mark.both_engines


def test_many_small_files_become_few_and_the_state_stays(spark: SparkSession, tmp_path: Path) -> None:
    store = store_at(str(tmp_path), spark, few_rows=0)
    for number in range(4):
        rows = spark.createDataFrame([(number,)], "n long").coalesce(1)
        store.append(*declaring("gold.numbers", rows), {"code": str(number)})

    kept = store.keep_up("gold.numbers", retain_hours=0)

    assert (kept.files_before, kept.files_after, kept.rows, kept.deleted) == (4, 1, 4, 4)
    assert sorted(row.n for row in store.read("gold.numbers").collect()) == [0, 1, 2, 3]
    assert store.last_commit("gold.numbers").state == {"code": "3"}
    assert len(list((tmp_path / "gold" / "numbers").glob("*.parquet"))) == 1
    assert list((tmp_path / "gold" / "numbers" / "_delta_log").glob("*.checkpoint*.parquet"))


def test_a_week_is_kept_by_default(spark: SparkSession, tmp_path: Path) -> None:
    store = store_at(str(tmp_path), spark, few_rows=0)
    for _ in range(2):
        store.append(*declaring("gold.numbers", spark.range(1)), {"code": "a"})

    assert store.keep_up("gold.numbers", retain_hours=168).deleted == 0
    assert store.read("gold.numbers", version=1).count() == 2


def test_changes_can_be_followed_across_it(spark: SparkSession, tmp_path: Path) -> None:
    store = store_at(str(tmp_path), spark, few_rows=0)
    for number in range(2):
        store.append(*declaring("gold.numbers", spark.createDataFrame([(number,)], "n long")), {"code": "a"})
    before = store.version("gold.numbers")

    store.commit(declaring("gold.numbers", store.read("gold.numbers"))[0], {"code": "b"})
    store.keep_up("gold.numbers", retain_hours=168)

    newest = store.version("gold.numbers")
    assert newest > before
    assert store.changes("gold.numbers", before, newest).count() == 0
    assert store.changed("gold.numbers", "n", before, newest) == []
    assert store.keeps_changes("gold.numbers", before - 1)
    assert store.has_same_rows("gold.numbers", before) and store.has_same_rows("gold.numbers", newest)
    assert not store.has_same_rows("gold.numbers", before - 1)


def test_changes_that_it_deleted_are_known_to_be_gone(spark: SparkSession, tmp_path: Path) -> None:
    store = store_at(str(tmp_path), spark, few_rows=0)
    for number in range(3):
        store.append(*declaring("gold.numbers", spark.createDataFrame([(number,)], "n long")), {"code": "a"})

    store.keep_up("gold.numbers", retain_hours=0)

    assert not store.keeps_changes("gold.numbers", 0)
    assert store.keeps_changes("gold.numbers", store.version("gold.numbers"))


def test_changes_that_the_log_no_longer_tells_are_known_to_be_gone(spark: SparkSession, tmp_path: Path) -> None:
    store = store_at(str(tmp_path), spark, few_rows=0)
    for number in range(3):
        store.append(*declaring("gold.numbers", spark.createDataFrame([(number,)], "n long")), {"code": "a"})
    store.keep_up("gold.numbers", retain_hours=168)
    log = tmp_path / "gold" / "numbers" / "_delta_log"
    for number in (0, 1):
        (log / f"{number:020}.json").unlink()

    assert not store.keeps_changes("gold.numbers", 0)
    assert store.keeps_changes("gold.numbers", 1)
    assert not store.has_same_rows("gold.numbers", 0)


def test_a_table_with_nothing_to_compact_or_delete_gets_no_commit(spark: SparkSession, tmp_path: Path) -> None:
    store = store_at(str(tmp_path), spark, few_rows=0)
    store.append(*declaring("gold.numbers", spark.range(1).coalesce(1)), {"code": "a"})

    kept = [store.keep_up("gold.numbers", retain_hours=0) for _ in range(2)]

    assert [(k.files_before, k.files_after, k.rows, k.deleted) for k in kept] == [(1, 1, 1, 0)] * 2
    assert store.version("gold.numbers") == 0
    assert len(list((tmp_path / "gold" / "numbers" / "_delta_log").glob("*.checkpoint.parquet"))) == 1
