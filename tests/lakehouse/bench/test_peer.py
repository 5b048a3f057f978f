from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from lakehouse.bench.exports import Export, export_of
from lakehouse.bench.peer import build
from lakehouse.bench.queries import CUT, QUERIES, WITHOUT_PEER
from lakehouse.bench.raw import RAW, statement
from lakehouse.bench.rows import compared
from lakehouse.catalogue.discovery import catalogue
from tests.lakehouse import recomputed

AS_OF = datetime(2025, 12, 31)
USERS = """id,first_name,last_name,email,age,gender,state,street_address,postal_code,city,country,latitude,longitude,traffic_source,created_at
1,"A","B","a@example.net",51,"M","X","","","","France","","","Organic","2024-12-13 16:35:06"
1,"A","B","a@example.net",51,"M","X","","","","France","","","Organic","2024-12-13 16:35:06"
2,"A","B","a@example.net",510,"M","X","","","","France","","","Organic","2024-12-13 16:35:06"
3,"A","B","a@example.net","","M","X","","","","France","","","Organic","soon"
,"A","B","a@example.net",4,"M","X","","","","France","","","Organic","2024-12-13 16:35:06"
5,"A","B","a@example.net","","M","X","","","","France","","","Organic","2024-12-13 16:35:06"
"""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return export_of(300, tmp_path_factory.mktemp("bench"), lambda _: None)


def _silver(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema silver")
    for name in RAW:
        connection.execute(statement(name, [str(path) for path in folder.glob(f"{name}-*.csv")]))
    return connection


def test_raw_rows_are_loaded_once_and_only_valid_ones(tmp_path: Path) -> None:
    (tmp_path / "users's.csv").write_text(USERS)
    connection = duckdb.connect()
    connection.execute("create schema silver")

    connection.execute(statement("users", [str(tmp_path / "users's.csv")]))

    kept = connection.execute("select user_id, age, state, city, created_at from silver.users order by all").fetchall()
    created_at = datetime(2024, 12, 13, 16, 35, 6)
    assert kept == [("1", 51, "X", None, created_at), ("5", None, "X", None, created_at)]


def test_every_derived_table_of_the_catalogue_is_built() -> None:
    derived = [name.split(".")[1] for name, entry in catalogue().items() if entry.transform is not None]

    assert sorted([*QUERIES, *WITHOUT_PEER]) == sorted(derived)


@pytest.mark.parametrize("more", [0, 1])
def test_fast_queries_give_the_rows_of_the_plainly_worded_ones(export: Export, more: int, tmp_path: Path) -> None:
    folders, as_of = [export.base, export.day][: 1 + more], AS_OF.replace(hour=12 * more)
    connection = _silver(export.base) if not more else _silver(_together(folders, tmp_path / "raw"))
    connection.execute("create table moment as select ?::timestamp as as_of", [as_of])
    for name in ("events", "users", "order_items", "products"):
        connection.execute(f"create table {name} as {CUT[name]}")
    connection.execute("drop table moment")
    recomputed.recompute(connection, as_of.replace(tzinfo=UTC))

    seconds = build(folders, tmp_path, as_of, threads=1)

    assert set(QUERIES) < set(seconds)
    for name in QUERIES:
        table = catalogue()[recomputed.qualified(name)].table
        found = compared(table, connection.table(name).to_arrow_table(), tmp_path / f"{name}.parquet")
        assert found.are_equal, f"{name}: {found}"
        assert found.ours > 0


def _together(folders: list[Path], out: Path) -> Path:
    out.mkdir()
    for folder in folders:
        for path in folder.glob("*.csv"):
            (out / f"{path.stem}-{folder.name}.csv").symlink_to(path)
    return out
