"""Sections of conf/models.yaml: the file says the defaults, and a mistake is named with its place."""

from pathlib import Path

import pytest

from libs.errors import UserError
from libs.settings.config import load_settings
from ml.declared import Section, declared
from ml.purchase.declaration import PurchaseSection
from ml.recommendations.declaration import RecommendationsSection

SECTIONS: dict[str, type[Section]] = {"recommendations": RecommendationsSection, "purchase": PurchaseSection}


@pytest.mark.parametrize(("name", "section"), SECTIONS.items(), ids=SECTIONS)
def test_the_file_says_the_defaults(name: str, section: type[Section]) -> None:
    assert declared(load_settings({}), name, section) == section()


def test_every_key_of_the_file_is_written_out() -> None:
    """So that who reads it sees what there is."""
    text = Path("conf/models.yaml").read_text()
    for section in SECTIONS.values():
        for key in section.model_fields:
            assert f"{key}:" in text


def test_an_unknown_key_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("recommendations:\n  ranks: 5\n  rank: 7\n")
    with pytest.raises(UserError, match=r"models.yaml:3: rank: unknown key"):
        declared(load_settings({"CONF": str(tmp_path)}), "recommendations", RecommendationsSection)
