"""What DuckDB reads of a version is what Delta says it holds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from libs.store.published import Published, VersionFiles
from libs.store.scanned import scanned
from libs.store.snapshot import Snapshot

COLUMNS: dict[str, tuple[pa.DataType, object]] = {
    "interval": (pa.string(), "Ünï"),
    "number": (pa.int64(), 2**53 + 1),
    "small": (pa.int32(), -1),
    "money": (pa.decimal128(18, 6), Decimal("999999999999.999999")),
    "rate": (pa.float64(), -0.5),
    "is_true": (pa.bool_(), True),
    "day": (pa.date32(), date(1969, 12, 31)),
    "at": (pa.timestamp("us", tz="UTC"), datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    "reasons": (pa.list_(pa.string()), ["a", "b"]),
}


def rows(*names: str) -> pa.Table:
    return pa.table({name: pa.array([COLUMNS[name][1]], COLUMNS[name][0]) for name in names})


def of_version(root: Path, version: int) -> list[dict[str, object]]:
    with Snapshot(Published(str(root)), {"silver.odd": version}) as snapshot:
        names = ", ".join(f'epoch_us("{name}") as "{name}"' if name == "at" else f'"{name}"' for name in COLUMNS)
        return [dict(row) for row in snapshot.answer(f"select {names} from silver.odd order by small nulls first")]


def test_every_version_has_all_columns_whichever_files_do(tmp_path: Path) -> None:
    root = tmp_path / "it's *a* folder"
    root.mkdir()
    path = str(root / "silver" / "odd")
    write_deltalake(path, rows("interval", "number"))
    write_deltalake(path, rows(*COLUMNS), mode="append", schema_mode="merge")
    DeltaTable(path).delete()
    whole = {name: value for name, (_, value) in COLUMNS.items()} | {"at": -1}
    part = {name: whole[name] if name in ("interval", "number") else None for name in COLUMNS}
    assert [of_version(root, version) for version in (1, 2)] == [[part, whole], []]


def test_what_duckdb_does_not_read_itself_is_left_to_arrow() -> None:
    assert scanned(VersionFiles({"a": "long"}, ["s3a://x.parquet"], are_on_disk=False)) is None
    assert scanned(VersionFiles({"a": {"type": "map"}}, ["/x.parquet"], are_on_disk=True)) is None
    assert scanned(VersionFiles({"a": "binary"}, ["/x.parquet"], are_on_disk=True)) is None
