"""What the log says is read once a run, newest first."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake

from libs.store.published import FURTHER, Published

NAME = "gold.numbers"


def commit(root: Path, state: str | None = None) -> None:
    properties = CommitProperties(custom_metadata={"userMetadata": f'{{"lakehouse": {{"code": "{state}"}}}}'}) if state else None
    path = root / "gold" / "numbers"
    write_deltalake(str(path), pa.table({"n": [1, 2]}), mode="append", commit_properties=properties)


@pytest.mark.parametrize("later", [0, 1, FURTHER, FURTHER + 1])
def test_the_newest_state_is_found_behind_later_commits_without_one(tmp_path: Path, later: int) -> None:
    for state in ("a", "b", *[None] * later):
        commit(tmp_path, state)

    found = Published(str(tmp_path)).last_commit(NAME)

    assert (found.version, found.state) == (1, {"code": "b"})


def test_a_table_that_nobody_committed_a_state_to_has_its_newest_commit(tmp_path: Path) -> None:
    for _ in range(3):
        commit(tmp_path)

    assert (Published(str(tmp_path)).last_commit(NAME).version, Published(str(tmp_path)).last_commit(NAME).state) == (2, None)


def test_a_table_is_as_it_was_first_seen_until_it_is_renewed(tmp_path: Path) -> None:
    published = Published(str(tmp_path))
    assert not published.exists(NAME)
    commit(tmp_path, "a")
    assert (published.exists(NAME), published.version(NAME), published.row_count(NAME)) == (True, 0, 2)

    commit(tmp_path, "b")

    assert (published.version(NAME), published.row_count(NAME)) == (0, 2)
    assert published.renew(NAME).version == published.version(NAME) == 1
    assert (published.row_count(NAME), published.row_count(NAME, 0)) == (4, 2)


def test_the_history_is_that_of_the_newest_version(tmp_path: Path) -> None:
    published = Published(str(tmp_path))
    for version, state in enumerate("ab"):
        commit(tmp_path, state)
        found = published.last_commit(NAME)
        assert (found.version, found.state) == (version, {"code": state})


def test_a_table_is_opened_once_a_version_and_renewed_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int | None] = []

    class Opening(DeltaTable):
        def __init__(self, path: str, version: int | None = None, storage_options: dict[str, str] | None = None) -> None:
            opened.append(version)
            super().__init__(path, version=version, storage_options=storage_options)

    monkeypatch.setattr("libs.store.handles.DeltaTable", Opening)
    for _ in range(3):
        commit(tmp_path, "a")
    published = Published(str(tmp_path))
    for _ in range(2):
        published.exists(NAME)
        published.last_commit(NAME)
        published.row_count(NAME, 2)
        published.arrow(NAME, 1).to_table()
        published.keeps_changes(NAME, 0)
        published.renew(NAME)
    assert opened == [None, 1]
