"""What changes a digest, and what does not: code that is moved or reworded has the same digest."""

import importlib
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lakehouse.catalogue.digest import digest
from lakehouse.catalogue.discovery import catalogue
from libs.tables import LONG, STRING, Column, Slices, Table, fail

Write = Callable[..., ModuleType]

HELPERS = """
RATE = 3
def helper(x: int) -> int:
    \"\"\"Describes nothing.\"\"\"
    return x * RATE
def unused(x):
    return x
"""
TRANSFORM = """
from lakehouse.made.helpers import helper
def transform(rows: list[int]) -> list[int]:
    return [helper(row) for row in rows]
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes modules below lakehouse.made and imports the last one."""
    # A module of the same size, written again in the same second, would come from the bytecode of the one before.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    package = importlib.import_module("lakehouse")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])

    def written(**modules: str) -> ModuleType:
        folder = tmp_path / "made"
        folder.mkdir(exist_ok=True)
        for name in [name for name in sys.modules if name.startswith("lakehouse.made")]:
            del sys.modules[name]
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return importlib.import_module(f"lakehouse.made.{list(modules)[-1]}")

    yield written
    for name in [name for name in sys.modules if name.startswith("lakehouse.made")]:
        del sys.modules[name]


def test_comments_docstrings_annotations_and_unused_code_do_not_count(write: Write) -> None:
    before = digest(write(helpers=HELPERS, table=TRANSFORM).transform)
    reworded = HELPERS.replace("Describes nothing.", "Describes it differently.").replace("x: int) -> int", "x)") + "# a remark\n"
    reworded = reworded.replace("def unused(x):\n    return x", "def unused(x):\n    return x + 1")
    assert digest(write(helpers=reworded, table=TRANSFORM).transform) == before


def test_a_moved_module_does_not_count(write: Write) -> None:
    before = digest(write(helpers=HELPERS, table=TRANSFORM).transform)
    moved = TRANSFORM.replace("lakehouse.made.helpers", "lakehouse.made.elsewhere")
    assert digest(write(elsewhere=HELPERS, other_table=moved).transform) == before


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("return x * RATE", "return x + RATE"),
        ("RATE = 3", "RATE = 4"),
        ("def helper(x: int)", "def helper(x: int, more: int = 1)"),
    ],
)
def test_everything_that_the_transform_uses_counts_at_any_distance(write: Write, said: str, instead: str) -> None:
    before = digest(write(helpers=HELPERS, table=TRANSFORM).transform)
    assert digest(write(helpers=HELPERS.replace(said, instead), table=TRANSFORM).transform) != before


def test_a_constant_counts_by_its_value(write: Write) -> None:
    before = digest(write(helpers=HELPERS, table=TRANSFORM).transform)
    assert digest(write(helpers=HELPERS.replace("RATE = 3", "RATE = 1 + 2"), table=TRANSFORM).transform) == before


def test_what_a_module_is_asked_for_counts_and_nothing_else_of_it(write: Write) -> None:
    text = "from lakehouse.made import helpers\ndef transform(rows):\n    return [helpers.helper(row) for row in rows]\n"
    before = digest(write(helpers=HELPERS, table=text).transform)
    assert digest(write(helpers=HELPERS + "OTHER = 1\n", table=text).transform) == before
    assert digest(write(helpers=HELPERS.replace("RATE = 3", "RATE = 4"), table=text).transform) != before


def test_methods_of_a_class_that_is_used_count_and_those_that_judge_declarations_do_not(write: Write) -> None:
    text = """
    from pydantic import BaseModel, model_validator
    class Step(BaseModel):
        name: str
        def doubled(self): return self.name * 2
        @model_validator(mode="after")
        def judged(self): return self
    def transform(rows): return [Step(name=row).doubled() for row in rows]
    """
    before = digest(write(table=text).transform)
    assert digest(write(table=text.replace("self.name * 2", "self.name * 3")).transform) != before
    assert (
        digest(write(table=text.replace("def judged(self): return self", "def judged(self): return self or self")).transform)
        == before
    )


def test_the_words_of_an_error_do_not_count(write: Write) -> None:
    text = "def transform(rows):\n    if not rows: raise ValueError('none came')\n    return rows\n"
    before = digest(write(table=text).transform)
    assert digest(write(table=text.replace("none came", "there are no rows")).transform) == before
    assert digest(write(table=text.replace("if not rows", "if rows")).transform) != before


def test_functions_that_call_each_other_end(write: Write) -> None:
    text = "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n"
    assert digest(write(table=text).even) == digest(write(table=text).even)


def test_what_can_not_be_followed_is_refused(write: Write) -> None:
    inside = "def transform(rows):\n    from lakehouse.made.helpers import helper\n    return helper(rows)\n"
    with pytest.raises(TypeError, match="import it in the module"):
        digest(write(helpers=HELPERS, table=inside).transform)
    with pytest.raises(TypeError, match="can't be followed"):
        digest(write(table="HELD = object()\ndef transform(rows):\n    return HELD\n").transform)


@pytest.mark.parametrize("value", [1, "1", 1.0, None, True, (1, 2), {"a": 1}, {"a", "b"}, re.compile("a+"), b"1"])
def test_equal_values_have_one_digest_and_others_another(value: Any) -> None:
    assert digest(value) == digest(value)
    others = [other for other in (1, "1", 1.5, None, False, [2, 1], {"a": 2}, {"a"}, re.compile("b"), b"2") if other != value]
    assert digest(value) not in {digest(other) for other in others}


TABLE = Table(
    name="gold.made",
    comment="Made",
    columns=[Column("id", LONG, "id", "ids"), Column("word", STRING, "a word")],
    primary_key=["id"],
    refresh=Slices(by="id", lookahead_days=lambda funnels: funnels.longest_window_days),
    sources=["silver.events"],
    expectations=[fail("id > 0", "counted from one")],
)


def test_descriptions_of_a_declaration_do_not_count() -> None:
    columns = [replace(column, description="other", unit="other") for column in TABLE.columns]
    meanings = [replace(e, meaning="other") for e in TABLE.expectations]
    assert digest(replace(TABLE, comment="other", columns=columns, expectations=meanings)) == digest(TABLE)


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": [Column("id", STRING, "id", "ids"), TABLE.columns[1]]},
        {"columns": [Column("id", LONG, "id", "ids", nullable=False), TABLE.columns[1]]},
        {"primary_key": ["word"]},
        {"expectations": [fail("id > 1", "counted from one")]},
        {"refresh": Slices(by="id", lookahead_days=lambda funnels: funnels.longest_window_days + 1)},
        {"event_time": "word"},
    ],
)
def test_the_rest_of_a_declaration_counts(changed: dict[str, Any]) -> None:
    assert digest(replace(TABLE, **changed)) != digest(TABLE)


def test_every_table_has_a_digest_of_its_own() -> None:
    codes = [entry.code for entry in catalogue().values()]
    assert len(set(codes)) == len(codes)


def test_a_funnel_table_counts_the_code_that_follows_chains_and_a_plain_one_does_not() -> None:
    from lakehouse.funnels import chains

    def codes() -> dict[str, str]:
        return {name: digest(entry.table, entry.transform) for name, entry in catalogue().items()}

    before = codes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chains, "_next", lambda *given: None)
        after = codes()
    assert [name for name in before if before[name] != after[name]] == ["gold.funnel_daily"]
