"""The lines of values in a YAML file."""

from pathlib import Path

import pytest

from libs.settings.layers import ConfigError
from libs.settings.located import Located, read_located

TEXT = """# a remark
shop:
  names: [one,
    two]
  rows:
    - {id: 1, size: 2}

    - id: 2
"""


def read(tmp_path: Path, text: str) -> Located:
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    return read_located(file, tmp_path)


def test_every_value_has_its_line_and_a_missing_one_that_of_what_is_around_it(tmp_path: Path) -> None:
    located = read(tmp_path, TEXT)
    assert located.values == {"shop": {"names": ["one", "two"], "rows": [{"id": 1, "size": 2}, {"id": 2}]}}
    assert located.line(("shop", "names", 1)) == 4
    assert located.line(("shop", "rows", 0, "size")) == 6
    assert located.line(("shop", "rows", 1, "size")) == 8
    assert located.line(("nothing",)) == 1
    assert located.problem(("shop", "rows", 1, "id"), "is taken") == "shop.yaml:8: shop.rows.1.id: is taken"


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing\n").values == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [1\nc: 2\n", "^shop.yaml:3: not valid YAML: "),
        ("a: 1\nb: 2\na: 3\n", "^shop.yaml:3: a: set twice, first in line 1$"),
        ("- a\n- b\n", "^shop.yaml:1: must hold a mapping$"),
        ("a: !!python/object:os.system {}\n", "^shop.yaml:1: not valid YAML: "),
        ("a: \x01\n", "^shop.yaml: not valid YAML: "),
    ],
)
def test_what_cannot_be_read_is_an_error_in_one_line(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected) as refused:
        read(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_aliases_are_followed(tmp_path: Path) -> None:
    located = read(tmp_path, "a: &one {b: 1}\nc: *one\n")
    assert located.values["c"] == {"b": 1}
    assert located.line(("c", "b")) == 1
