"""Section `serving` of conf/models.yaml says what the code has by default, and a mistake in it is a line with its place."""

from pathlib import Path

import pytest

from libs.settings.config import ConfigError, load_settings
from ml.declared import declared
from ml.serving.declaration import Serving


def test_the_file_has_the_defaults() -> None:
    assert declared(load_settings({}), "serving", Serving) == Serving()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port: 70000", "models.yaml:2: port: Input should be less than or equal to 65535"),
        ("reload_seconds: 0", "models.yaml:2: reload_seconds: Input should be greater than 0"),
        ("workers: 2", "models.yaml:2: workers: unknown key"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "models.yaml").write_text(f"serving:\n  {line}\n")
    with pytest.raises(ConfigError, match=said):
        declared(load_settings({"CONF": str(tmp_path)}), "serving", Serving)
