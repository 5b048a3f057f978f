from pathlib import Path

import pytest

from lakehouse.bronze.files import Files, local_files, natural, source_for
from lakehouse.contract.source import Source
from libs.errors import InputError


def source(name: str, *tables: str, optional: tuple[str, ...] = ()) -> Source:
    declared = {table: {"fields": ["id"], "optional": table in optional} for table in tables}
    return Source.model_validate({"source": name, "tables": declared})


SOURCES = {
    "shop": source("shop", "orders", "order_items", "notes", optional=("notes",)),
    "club": source("club", "members", "orders"),
}


def test_the_source_is_the_one_whose_required_files_are_all_there(tmp_path: Path) -> None:
    for name in ("orders.csv", "order_items_2024.csv.gz"):
        (tmp_path / name).touch()
    assert source_for(tmp_path, SOURCES).source == "shop"


def test_files_of_one_incomplete_source_are_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "members.csv").touch()
    assert source_for(tmp_path, SOURCES).source == "club"


def test_files_of_several_sources_want_a_name(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").touch()
    with pytest.raises(InputError, match="SOURCE=shop or SOURCE=club"):
        source_for(tmp_path, SOURCES)


def test_a_folder_without_known_files_is_told_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file of a declared source is here; looked for shop: orders\*.csv, .*members\*.csv"):
        source_for(tmp_path, SOURCES)


@pytest.mark.parametrize("data", ["nowhere/at/all", "s3a://bucket/folder"])
def test_what_is_no_local_folder_gives_one_line(data: str) -> None:
    with pytest.raises(InputError, match=data):
        source_for(data, SOURCES)


def test_a_tables_files_stand_in_the_folder_or_in_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    for name in ("orders.csv", "orders/part-1.parquet", "order_items.csv", "_orders.csv", "orders.txt"):
        (tmp_path / name).touch()
    assert local_files(tmp_path, SOURCES["club"], "orders") == [
        tmp_path / "orders" / "part-1.parquet",
        tmp_path / "orders.csv",
    ]


def test_a_folders_own_signs_are_no_pattern_and_links_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a{b}[c]*").mkdir()
    (tmp_path / "elsewhere.txt").write_text("12345")
    (tmp_path / "a{b}[c]*" / "x1.csv").symlink_to(tmp_path / "elsewhere.txt")
    (tmp_path / "a{b}[c]*" / "x2.csv").symlink_to(tmp_path / "nowhere.txt")
    monkeypatch.chdir(tmp_path)
    (found,) = Files().below("a{b}[c]*", ("x*.csv", "*.csv"))
    assert (found.path, found.size) == (str(tmp_path / "a{b}[c]*" / "x1.csv"), 5)
    assert Files().look(found.path) == found


def test_numbers_in_names_are_ordered_as_such() -> None:
    paths = ["part-10.csv", "part-9.csv", "a/part-1.csv", "part-010.csv", "part.csv"]
    assert sorted(paths, key=natural) == ["a/part-1.csv", "part-9.csv", "part-010.csv", "part-10.csv", "part.csv"]


def test_names_in_capitals_stand_where_those_in_small_letters_would() -> None:
    paths = ["orders_10.csv", "ORDERS_9.CSV", "Orders_11.csv", "orders_09.csv", "Orders_9.csv", "orders_9.csv"]
    ordered = ["ORDERS_9.CSV", "Orders_9.csv", "orders_09.csv", "orders_9.csv", "orders_10.csv", "Orders_11.csv"]
    assert sorted(paths, key=natural) == ordered
    assert sorted(ordered, key=natural) == ordered


def test_files_whose_names_differ_by_capitals_alone_are_two(tmp_path: Path) -> None:
    for name in ("orders_1.csv", "ORDERS_1.CSV", "Orders_1.csv.gz", "ORDERS/A.JSONL"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    if len(list(tmp_path.iterdir())) < 4:
        pytest.skip("the file system takes names that differ by capitals alone for one")
    found = [path.relative_to(tmp_path).as_posix() for path in local_files(tmp_path, SOURCES["club"], "orders")]
    assert found == ["ORDERS/A.JSONL", "ORDERS_1.CSV", "orders_1.csv", "Orders_1.csv.gz"]
    assert source_for(tmp_path, {"club": source("club", "orders")}).source == "club"


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"abc")
    assert Files().digest(str(tmp_path / "x.csv")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
