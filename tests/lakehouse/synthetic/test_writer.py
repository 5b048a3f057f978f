from pathlib import Path

import pyarrow as pa

from lakehouse.synthetic.writer import write_csv


def test_texts_are_quoted_and_numbers_are_not(tmp_path: Path) -> None:
    write_csv(pa.table({"id": [1, 2], "name": ["a", ""]}), tmp_path / "t.csv", is_quoted=True)

    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == 'id,name\n1,"a"\n2,""\n'


def test_nothing_is_quoted_where_the_published_file_does_not(tmp_path: Path) -> None:
    write_csv(pa.table({"id": [1], "name": ["a b"]}), tmp_path / "t.csv", is_quoted=False)

    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "id,name\n1,a b\n"


def test_a_missing_number_is_a_quoted_empty_text_in_its_row(tmp_path: Path) -> None:
    rows = pa.table({"id": [1, None, None, 4], "user_id": [7, 8, None, None]})

    write_csv(rows, tmp_path / "t.csv", is_quoted=True)

    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == 'id,user_id\n1,7\n"",8\n"",""\n4,""\n'
