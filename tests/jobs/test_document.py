from pathlib import Path

import pytest

from jobs.document import main, pages
from libs.settings.project import PROJECT_ROOT


def test_the_committed_pages_match_the_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err
    assert {p.name for p in (PROJECT_ROOT / "docs").iterdir()} >= set(pages())


def test_a_stale_page_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    assert main(["--check", "--out", str(tmp_path)]) == 0
    (tmp_path / "lineage.svg").write_text("old")
    assert main(["--check", "--out", str(tmp_path)]) == 1
    assert "lineage.svg does not match the declarations: run `make docs`" in capsys.readouterr().err


def test_the_pages_are_the_same_each_time() -> None:
    assert pages() == pages()
