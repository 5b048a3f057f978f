"""What is left out is not found, what comes when it is used is not run before."""

import importlib
import sys
from pathlib import Path

import pytest

from libs.quality.imports import Leaner


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("heavy_one", "heavy_two", "usual"):
        (tmp_path / f"{name}.py").write_text(f"import sys\nsys.ran_modules.append('{name}')\nvalue = 7\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "ran_modules", [], raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [Leaner(frozenset({"heavy_one"}), frozenset({"heavy_two"})), *sys.meta_path])


@pytest.mark.usefixtures("found")
def test_modules_are_left_out_or_run_when_they_are_used_and_others_as_usual() -> None:
    with pytest.raises(ModuleNotFoundError, match="heavy_one is left out"):
        importlib.import_module("heavy_one")
    lazy, usual = importlib.import_module("heavy_two"), importlib.import_module("usual")
    assert vars(sys)["ran_modules"] == ["usual"]
    assert (lazy.value, usual.value) == (7, 7)
    assert vars(sys)["ran_modules"] == ["usual", "heavy_two"]
