"""conf/models.yaml: it says the defaults, and a mistake anywhere in it is named with its place, whoever reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from libs.settings.config import ConfigError, load_settings
from ml.declared import Declared, declared
from ml.serving.declaration import Serving

SECTIONS = list(Declared.model_fields)


def of_text(text: str, folder: Path) -> Declared:
    (folder / "models.yaml").write_text(text)
    return declared(load_settings({"CONF": str(folder)}))


def keys(model: BaseModel, before: str = "") -> Iterator[str]:
    """Every key of the file, with those around it."""
    for name, value in model:
        yield f"{before}{name}"
        if isinstance(value, BaseModel):
            yield from keys(value, f"{before}{name}.")


def test_the_file_says_the_defaults() -> None:
    assert declared(load_settings({})) == Declared()


def test_every_key_of_the_file_is_written_out() -> None:
    """So that who reads it sees what there is."""
    written = yaml.safe_load(Path("conf/models.yaml").read_text())
    for key in keys(Declared()):
        place = written
        for part in key.split("."):
            assert part in place, key
            place = place[part]


@pytest.mark.parametrize("section", SECTIONS)
def test_an_unknown_key_of_any_section_is_refused_with_its_line_and_those_that_are_known(section: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"models.yaml:3: {section}.seeds: unknown key \(known: \w+, \w+") as refused:
        of_text(f"churn: {{}}\n{section}:\n  seeds: 5\n" if section != "churn" else "# Ours\nchurn:\n  seeds: 5\n", tmp_path)
    assert str(refused.value).endswith(f"{', '.join(type(getattr(Declared(), section)).model_fields)})")


def test_every_mistake_is_told_in_one_line(tmp_path: Path) -> None:
    text = "chrun: {}\nrecommendations:\n  factors: {numbers: 3}\npurchase: 7\nserving:\n  port: 70000\n"
    with pytest.raises(ConfigError) as refused:
        of_text(text, tmp_path)
    problems = str(refused.value).split("; ")
    assert len(str(refused.value).splitlines()) == 1
    assert [problem.split(":")[1] for problem in problems] == ["3", "4", "6", "1"]
    assert f"chrun: unknown key (known: {', '.join(SECTIONS)})" in str(refused.value)
    assert "recommendations.factors.numbers: unknown key (known: number, iterations" in str(refused.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port: 70000", "models.yaml:2: serving.port: Input should be less than or equal to 65535"),
        ("reload_seconds: 0", "models.yaml:2: serving.reload_seconds: Input should be greater than 0"),
        ("port: five", "models.yaml:2: serving.port: Input should be a valid integer"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        of_text(f"serving:\n  {line}\n", tmp_path)


def test_a_section_that_is_left_out_has_its_defaults(tmp_path: Path) -> None:
    found = of_text("serving: {port: 9}\n", tmp_path)
    assert found == Declared(serving=Serving(port=9))
