"""Small files at the lakehouse's root, and moving all of it aside."""

from pathlib import Path

from libs.settings.config import load_settings
from libs.store.place import Place


def place(root: Path) -> Place:
    return Place(load_settings({"LAKEHOUSE_ROOT": str(root)}))


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    here = place(tmp_path / "lakehouse")

    assert here.read("mark") is None
    here.write("mark", "users-200")
    assert here.read("mark") == "users-200"
    assert here.exists("mark")


def test_all_is_set_aside_in_place_of_what_stood_there(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.old" / "stale").mkdir(parents=True)
    here = place(tmp_path / "lakehouse")
    here.write("mark", "new")

    aside = here.set_aside("old")

    assert aside == str(tmp_path / "lakehouse.old")
    assert [path.name for path in Path(aside).iterdir()] == ["mark"]
    assert not here.exists("mark")
