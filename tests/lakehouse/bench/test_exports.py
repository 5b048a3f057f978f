from datetime import UTC, datetime
from pathlib import Path

from lakehouse.bench.exports import export_of, users_for


def test_events_become_users() -> None:
    assert users_for(2_000_000) == 82_474
    assert users_for(1) == 1


def test_an_export_is_a_base_and_one_day_and_is_generated_once(tmp_path: Path) -> None:
    said: list[str] = []

    export = export_of(300, tmp_path, said.append)

    assert export == export_of(300, tmp_path, said.append)
    assert len(said) == 1
    assert export.base_as_of == datetime(2025, 12, 31, tzinfo=UTC)
    assert export.day_as_of == datetime(2026, 1, 1, tzinfo=UTC)
    assert (export.base / "events-00000.csv").is_file()
    assert (export.day / "events-00000.csv").is_file()
