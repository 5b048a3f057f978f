"""What is allowed is computed alike, each allowed function is tried, and all that is shipped uses no other."""

from collections.abc import Mapping

import pytest
import sqlglot
from sqlglot import exp

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.loading import load_source
from lakehouse.funnels.declaration import load_funnels
from lakehouse.metrics.loading import load_metrics
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT
from libs.sql.allowed import EVERYWHERE, IN_SOURCES, NAMED_IN_SOURCES, faults, faults_in_source
from tests.engine_process import EngineProcess
from tests.equal_functions import expressions
from tests.equal_functions.compare import differences

TYPES = {
    **dict.fromkeys("st", "string"),
    **dict.fromkeys("ij", "bigint"),
    **dict.fromkeys("xy", "double"),
    **dict.fromkeys("mn", "decimal(18,6)"),
    **dict.fromkeys("bc", "boolean"),
    **dict.fromkeys("de", "date"),
    **dict.fromkeys(("at", "until"), "timestamp"),
    "id": "bigint",
}


def test_every_engine_computes_them_alike(engines: Mapping[str, EngineProcess]) -> None:
    assert differences(engines) == []


def test_every_allowed_function_is_tried_and_every_tried_one_is_allowed() -> None:
    of_all = (*expressions.ROWS, *expressions.AGGREGATES)
    assert [(e, found) for e in of_all if (found := faults(e, TYPES))] == []
    assert [(e, found) for e in expressions.IN_SOURCES if (found := faults_in_source(e))] == []
    assert EVERYWHERE - _used(of_all) == set()
    assert IN_SOURCES - _used((*of_all, *expressions.IN_SOURCES)) == set()
    assert all(any(name in e for e in expressions.IN_SOURCES) for name in NAMED_IN_SOURCES)


def _used(of: tuple[str, ...]) -> set[type[exp.Expr]]:
    return {type(node) for expression in of for node in sqlglot.parse_one(expression, dialect="spark").walk()}


def test_what_is_shipped_is_computed_alike() -> None:
    for file in sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml")):
        assert load_source(file, alike=True).tables
    assert load_metrics(load_settings({"LAKEHOUSE_ENGINE": "native"}), catalogue()).views
    assert load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml").funnels


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("initcap(s) = 'A'", "initcap() is not computed alike by every engine"),
        ("my_function(s)", "my_function() is not computed alike"),
        ("upper(s) = 'A'", "upper() is not"),
        ("s ilike 'a'", "`source.s ILIKE 'a'` is not"),
        ("cast(s as int) > 1", "cast(… as int) of a value of type text is not"),
        ("cast(s as double) > 1", "cast(… as double) of a value of type text is not"),
        ("m / n > 1", "/ is computed alike by every engine only as `cast(… as double) / nullif(…, 0)`"),
        ("cast(m as double) / n > 1", "/ is computed alike by every engine only by a number but 0, or by `nullif(…, 0)`"),
        ("i % 0 = 1", "% is computed"),
        ("s rlike '\\\\d'", "a pattern is computed alike by every engine only as a text without $, (?, \\d, \\w and the like"),
        ("s rlike t", "a pattern is"),
        ("substring(s, i) = 'a'", "substring() is computed alike by every engine only from a position that is a number"),
        ("avg(m)", "avg() is computed alike by every engine only as `avg(cast(… as double))`"),
        ("percentile(i, 0.5)", "percentile() is not"),
        ("round(x, 2) > 1", "round() is computed alike by every engine only of whole numbers and decimals"),
        ("x > 0.5", "a comparison of a double is computed alike by every engine only with a double"),
        ("x in (1, -0.5)", "a comparison of a double is"),
        ("m between 0 and x", "a comparison of a double is"),
    ],
)
def test_another_function_is_named(sql: str, told: str) -> None:
    assert [fault for fault in faults(sql, TYPES) if fault.startswith(told)], faults(sql, TYPES)


def test_expectations_are_computed_alike() -> None:
    tables = [entry.table for entry in catalogue().values()]
    conditions = [(table, expectation.condition) for table in tables for expectation in table.expectations]
    assert len(conditions) > 50
    assert [(c, found) for table, c in conditions if (found := faults(c, {c.name: c.type for c in table.columns}))] == []
