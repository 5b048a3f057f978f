"""The project's root is found in a checkout, by its variable, and from a zip."""

from pathlib import Path

import pytest

from libs.settings.project import find_project_root


def test_a_checkout_is_its_own_root(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "base.yaml").touch()

    assert find_project_root({}, tmp_path / "libs" / "settings" / "project.py") == tmp_path


def test_the_variable_wins(tmp_path: Path) -> None:
    assert find_project_root({"LAKEHOUSE_PROJECT_ROOT": str(tmp_path)}) == tmp_path


def test_code_in_a_zip_takes_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_project_root({}, Path("/tmp/code.zip/libs/settings/project.py")) == tmp_path
