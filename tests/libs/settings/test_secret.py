"""A secret is from the environment, or generated once and stored privately."""

from pathlib import Path

from libs.settings.config import load_settings
from libs.settings.secret import kept_secret, pseudonym_key


def test_the_environments_key_is_used(tmp_path: Path) -> None:
    settings = load_settings({"LAKEHOUSE_PSEUDONYM_KEY": "hush"}).model_copy(update={"project_root": tmp_path})

    assert pseudonym_key(settings).get_secret_value() == "hush"
    assert not (tmp_path / "var").exists()


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    settings = load_settings({}).model_copy(update={"project_root": tmp_path})
    key = pseudonym_key(settings)
    file = tmp_path / "var" / "secrets" / "pseudonym_key"

    assert pseudonym_key(settings) == key
    assert len(key.get_secret_value()) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["pseudonym_key"]


def test_two_files_hold_two_secrets(tmp_path: Path) -> None:
    assert kept_secret(tmp_path / "a") != kept_secret(tmp_path / "b")
