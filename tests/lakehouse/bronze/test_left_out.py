"""Every file of a data folder is taken or named: here those that no table takes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.bronze.files import Files
from lakehouse.bronze.left_out import AS_TEXT, NO_FORM, left_out, readable
from lakehouse.bronze.remarks import Remark, lines
from lakehouse.contract.source import Source

SHOP = Source.model_validate({"source": "shop", "tables": {"notes": {"files": ["notes*.*"], "fields": ["id"]}}})
CLUB = Source.model_validate({"source": "club", "tables": {"members": {"fields": ["id"]}}})


def told(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return left_out(Files().listing(folder), SHOP, [SHOP, CLUB])


def test_files_that_a_table_takes_and_marks_of_programs_are_not_named(tmp_path: Path) -> None:
    assert told(tmp_path, "notes.csv", "notes_1.JSONL.GZ", "notes.Parquet", "_SUCCESS", ".DS_Store", ".notes.csv.crc") == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("prices.csv", "prices.csv: not read: no table of source shop names it in `files`"),
        ("old/notes.csv", "old/notes.csv: not read: no table of source shop names it in `files`"),
        ("members.csv", "members.csv: not read: no table of source shop names it in `files`, source club does"),
        ("notes.TXT", f"notes.TXT: not read: {NO_FORM}{AS_TEXT}"),
        ("notes.txt.gz", f"notes.txt.gz: not read: {NO_FORM}{AS_TEXT}"),
        ("notes.xlsx", f"notes.xlsx: not read: {NO_FORM}"),
        ("notes.csv.ZIP", f"notes.csv.ZIP: not read: {NO_FORM}"),
        ("_notes.csv", "_notes.csv: not read: hidden, by a name that begins with . or _"),
        ("t/_delta_log/0.json", "t/: not read: part of a Delta table, whose files hold replaced rows too: export its rows"),
    ],
)
def test_each_other_file_is_named_with_the_reason(tmp_path: Path, name: str, line: str) -> None:
    assert told(tmp_path, name) == [line]


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").symlink_to(tmp_path / "gone" / "notes.csv")
    assert told(tmp_path) == ["notes.csv: not read: no file, but a link that leads nowhere, a pipe or a device"]


def test_hundreds_of_files_give_a_line_for_each_reason(tmp_path: Path) -> None:
    assert told(tmp_path, *(f"prices_{n}.csv" for n in range(300)), "a.avro", "b.orc") == [
        f"2 files were not read: {NO_FORM}: a.avro, b.orc",
        "300 files were not read: no table of source shop names them in `files`: "
        "prices_0.csv, prices_1.csv, prices_2.csv, prices_3.csv, prices_4.csv and 295 more",
    ]


def test_a_file_of_a_table_whose_name_says_no_form_is_read_where_it_is_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "000000_0")
    (tmp_path / "000000_1").write_text("id\n1\n")
    files = Files()
    found, others = readable(files.below(tmp_path, ["0*"]), files, ["0*"])
    assert [Path(file.path).name for file in found] == ["000000_0"]
    assert lines(others) == [f"000000_1: not read: {NO_FORM}"]


@pytest.mark.parametrize(
    ("patterns", "taken"),
    [
        (["notes*.txt"], ["notes.TXT"]),
        (["notes*.txt", "notes*.txt.gz"], ["notes.TXT", "notes.txt.gz"]),
        (["notes*"], []),
        (["other*.txt", "notes*"], []),
    ],
)
def test_text_is_read_where_a_pattern_says_so_by_its_ending(tmp_path: Path, patterns: list[str], taken: list[str]) -> None:
    names = ["notes.TXT", "notes.txt.gz"]
    for name in names:
        (tmp_path / name).write_text("id\n1\n")
    files = Files()
    found, others = readable(files.below(tmp_path, patterns), files, patterns)
    assert sorted(Path(file.path).name for file in found) == taken
    assert [remark.name for remark in others] == [name for name in names if "notes*" in patterns and name not in taken]


def test_remarks_of_one_kind_are_one_line() -> None:
    remarks = [Remark("a (as z)", "gone", "are gone", "a"), Remark("b", "late", "are late"), Remark("c", "late", "are late")]
    assert lines(remarks) == ["a: gone", "2 files are late: b, c"]
