"""Tables are discovered where they are declared, and inconsistent ones are refused with every error."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lakehouse.catalogue.discovery import PACKAGES, catalogue, discovered
from lakehouse.catalogue.entry import Catalogue
from libs.tables import TableError

PACKAGE = "planted.gold"
Discover = Callable[..., Catalogue]


@pytest.fixture
def discover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Discover]:
    """Discovers the tables that modules of `planted.gold` declare, each given by its name as text."""
    folder = tmp_path / "planted" / "gold"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))

    def found(*also: str, **modules: str) -> Catalogue:
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(f"from libs.tables import *\nfrom libs.tables import Full\n{text}\n")
        importlib.invalidate_caches()
        forget()
        return discovered([*also, PACKAGE])

    yield found
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "planted"]:
        del sys.modules[name]


def table(name: str, *sources: str, refresh: str = "Full()", transform: str | None = None) -> str:
    takes = ", ".join(source.split(".")[1] for source in sources)
    made = f"def transform({takes}): return None" if transform is None else transform
    declared = f'Table("{name}", "", [Column("id", STRING, "id")], ["id"], {refresh}, {list(sources)})'
    return f"TABLE = {declared}\n{made}"


def test_a_table_of_another_package_is_after_those_that_it_depends_on(discover: Discover) -> None:
    found = discover(*PACKAGES, scores=table("gold.scores", "gold.customer_metrics"))
    assert set(found) == {*catalogue(), "gold.scores"}
    assert list(found).index("gold.scores") > list(found).index("gold.customer_metrics")


def test_a_package_that_does_not_exist_declares_nothing() -> None:
    assert discovered(["lakehouse.none", "nowhere.gold"]) == {}


def test_a_table_that_a_job_fills_takes_no_transform(discover: Discover) -> None:
    found = discover(scores=table("gold.scores", refresh="ByJob('score_model')", transform=""))
    assert found["gold.scores"].transform is None
    with pytest.raises(TableError, match=r"^gold\.scores: has a transform that its refresh never calls; remove it$"):
        discover(scores=table("gold.scores", refresh="ByJob('score_model')"))


def test_a_table_that_a_transform_computes_needs_one(discover: Discover) -> None:
    with pytest.raises(TableError, match=r"^gold\.scores: has no transform; its refresh needs one$"):
        discover(scores=table("gold.scores", transform=""))


def test_every_error_is_reported_at_once(discover: Discover) -> None:
    with pytest.raises(TableError) as refused:
        discover(one=table("gold.other"), two=table("gold.two", "silver.none"))
    lines = str(refused.value).splitlines()
    assert lines[0].endswith("one.py: the table is named gold.other; name it gold.one, after its module")
    assert lines[1:] == ["gold.two: source silver.none is not declared anywhere"]


def test_a_transform_takes_its_sources_by_name_and_in_order(discover: Discover) -> None:
    wrong = "def transform(two, as_of): return None"
    with pytest.raises(
        TableError, match=r"^gold\.one: transform takes \['two', 'as_of'\], its sources are \['three', 'as_of'\]$"
    ):
        discover(one=table("gold.one", "gold.three", transform=wrong), three=table("gold.three"))


def test_a_cycle_is_refused(discover: Discover) -> None:
    with pytest.raises(TableError, match="depend on each other in a cycle: "):
        discover(one=table("gold.one", "gold.two"), two=table("gold.two", "gold.one"))


def test_a_name_that_two_packages_declare_is_refused(discover: Discover) -> None:
    with pytest.raises(TableError, match=r"gold\.retention is declared by another module too"):
        discover(*PACKAGES, retention=table("gold.retention", "gold.user_activity_daily"))


def test_a_reconciliation_of_a_table_with_items_compares_by_item(discover: Discover) -> None:
    one = """
from libs.tables import Reconciliation
CHECK = Reconciliation("n", "", {}, "count(*)", ["gold.one"], "select 1 as value")
TABLE = Table("gold.one", "", [Column("funnel", STRING, "")], ["funnel"], Full(), [], items={"funnels": "funnel"}, reconciliations=[CHECK])
def transform(funnels): return None
"""
    with pytest.raises(TableError, match=r"^gold\.one: reconciliation n: does not compare by funnel, the column of its items$"):
        discover(one=one)
