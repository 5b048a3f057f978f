import os
from pathlib import Path

import pytest

from lakehouse.bronze.listing import Listed, fits, local, of_keys

PATHS = ["a.csv", "b/c.csv", "b/d/e.parquet", "b/f.txt"]
KEYS = [*PATHS, "_SUCCESS", "_hidden.csv", ".git/x.csv", "b/", "t/_delta_log/0.json", "t/part-0.parquet", "t/sub/p.parquet"]


def made(folder: Path, keys: list[str]) -> Path:
    for key in keys:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if not key.endswith("/"):
            path.touch()
    return folder


def parts(listed: Listed) -> tuple[list[str], ...]:
    return sorted(listed.paths), sorted(listed.hidden), sorted(listed.delta), sorted(listed.closed)


def test_a_folder_and_an_object_store_with_the_same_keys_list_the_same(tmp_path: Path) -> None:
    expected: tuple[list[str], ...] = (PATHS, ["_hidden.csv"], ["t/"], [])
    assert parts(local(made(tmp_path, KEYS))) == expected
    assert parts(of_keys(KEYS)) == expected


def test_a_data_folder_that_is_a_delta_table_has_no_files_to_take(tmp_path: Path) -> None:
    keys = ["_delta_log/0.json", "part-0.parquet"]
    assert parts(local(made(tmp_path, keys))) == parts(of_keys(keys)) == ([], [], ["./"], [])


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    made(tmp_path, ["data/a.csv", "elsewhere/b.csv"])
    (tmp_path / "data" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    assert sorted(local(tmp_path / "data").paths) == ["a.csv", "linked/b.csv"]


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    made(tmp_path, ["a.csv", "b/.kept"])
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    os.mkfifo(tmp_path / "b" / "pipe.csv")
    listed = local(tmp_path)
    assert (list(listed.paths), sorted(listed.no_files)) == (["a.csv"], ["b/pipe.csv", "gone.csv"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root opens every folder")
def test_a_folder_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    made(tmp_path, ["a.csv", "shut/b.csv"])
    (tmp_path / "shut").chmod(0)
    assert parts(local(tmp_path)) == (["a.csv"], [], [], ["shut/"])
    (tmp_path / "shut").chmod(0o700)


@pytest.mark.parametrize(
    ("pattern", "fit", "unfit"),
    [
        ("a*.csv", ["a.csv", "a1.csv", "a.CSV", "a.Csv", "A.csv", "A1.CSV"], ["b/a.csv", "a.csv.gz", "xa.csv"]),
        ("a*.jsonl.gz", ["a.JSONL.GZ", "a-1.jsonl.gz"], ["a.jsonl", "a.gz"]),
        ("A*.CSV", ["A.csv", "A.CSV", "a.csv"], ["b.csv"]),
        ("b/*.csv", ["b/a.csv", "B/a.csv"], ["a.csv", "b/c/a.csv"]),
        ("**/a.csv", ["a.csv", "b/a.csv", "b/c/a.csv"], ["b/xa.csv"]),
        ("b/**/a.csv", ["b/a.csv", "b/c/d/a.csv"], ["a.csv", "c/b/a.csv"]),
        ("*/[ab]?.csv", ["x/a1.csv", "x/b2.csv"], ["x/c1.csv", "a1.csv", "x/a.csv"]),
        ("./a.csv", ["a.csv"], ["b/a.csv"]),
        ("x/**", ["x/a.csv", "x/b/a.csv"], ["a.csv", "y/a.csv"]),
        ("[!a]*.csv", ["b.csv", "B.CSV"], ["a.csv", "A.csv", "x/b.csv"]),
        ("é/*.csv", ["É/a.csv", "E\u0301/a.csv", "e\u0301/a.csv"], ["e/a.csv"]),
        ("[^a]{1}+(x).csv", ["a{1}+(x).csv", "^{1}+(x).csv"], ["b{1}+(x).csv"]),
        ("[.csv", ["[.csv"], ["a.csv"]),
    ],
)
def test_patterns_are_of_whole_paths_and_capitals_do_not_matter(pattern: str, fit: list[str], unfit: list[str]) -> None:
    assert [path for path in [*fit, *unfit] if fits(path, [pattern])] == fit
