"""What the native engine does otherwise than Spark, of which docs/engines.md has a chapter each.

A test here fails when a new version of the engine does what Spark does: remove the chapter and the example then, and write what
its `simpler` names as it was.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import SparkSession

from libs.settings.project import PROJECT_ROOT
from tests.libs.engines.sail_faults import ERROR, EXAMPLES, first_by_struct_is_slow, given


@dataclass(frozen=True)
class Fault:
    """What the native engine and Spark give for an example, and what is simpler once they give the same."""

    native: Any
    spark: Any
    simpler: str


FAULTS = {
    "map_in_arrow_after_a_sort": Fault(False, True, "lakehouse/funnels/batches.py: sortWithinPartitions in place of a window"),
    "windowed_list": Fault([[None], [["a"]], [["a", None]]], [[[]], [["a"]], [["a"]]], "gold.anomalies: _listed"),
    "days_between": Fault([[1]], [[0]], "gold.customer_metrics: timestamp_diff('DAY', …)"),
    "seconds_before_1970": Fault([[-1]], [[-2]], "silver.sessions: F.unix_seconds in place of _seconds"),
    "largest_of_minus_infinity": Fault([["-1.7976931348623157e308"]], [["-Infinity"]], "gold.anomalies: F.max of aov"),
    "number_with_an_exponent": Fault([[None]], [["100.000000"]], "numbers of contracts: try_cast alone"),
    "day_of_a_moment": Fault([[None]], [["2026-03-10"]], "lakehouse/contract/parsing.py: dates cast from the whole text"),
    "json_cut_short": Fault([["pro"]], [[None]], "libs/sql/tolerant.py: get_json_object without _json"),
    "failed_cast_beside_null": Fault(
        [[False, False], [False, False]], [[True, True], [False, False]], "libs/sql/tolerant.py: <=> without is null"
    ),
    "decimals_of_seconds": Fault([["2026-03-16 10:00:00"]], [["2026-03-16 10:00:00.5"]], "libs/sql/null_forms.py: exact_seconds"),
    "count_below_zero": Fault([["ab", "bc"]], [["", ""]], "libs/sql/taken.py: _not_below_zero"),
    "structs_of_other_names": Fault([[False]], [[True]], "libs/store/dialects.py: _column_by_column for Spark's language"),
    "part_of_a_count_below_zero": Fault(ERROR, [[""]], "libs/sql/taken.py: _not_below_zero"),
    "text_beside_a_truth": Fault(ERROR, [[True]], "libs/sql/readings.py: truth as a try_cast"),
    "double_beside_a_decimal": Fault(ERROR, [[False]], "libs/sql/implicit_casts.py: numbers beside texts as they are"),
    "far_moment_rounded_down": Fault(ERROR, [["9999-12-31 00:00:00"]], "libs/sql/null_forms.py: counted_in_nanoseconds"),
    "product_of_decimals": Fault(ERROR, [["6.000000000000"]], "sources may multiply by try_multiply"),
    "sum_of_a_missing_column": Fault(ERROR, [[1, 1, 1]], "lakehouse/definitions/union.py: unionByName(allowMissingColumns=True)"),
    "item_at_a_column": Fault(ERROR, [["b"]], "F.get may be array[column]"),
    "map_looked_up_by_a_struct": Fault(ERROR, [[5]], "named_struct may be struct where a map is looked up"),
    "structs_of_which_one_may_be_null": Fault(ERROR, 18, "gold.anomalies and gold.retention: no cast of the structs"),
    "union_of_columns_with_comments": Fault(ERROR, [["a", 2]], "tables may be read with the comments of their columns"),
    "group_by_all": Fault(ERROR, [[1, 2]], "GROUP BY ALL may stand in SQL for both engines"),
    "rows_that_are_observed": Fault(ERROR, [[0], [1]], "rows may be counted by observe"),
    "change_data": Fault([[1], [2]], [[2, "insert"]], "changes may be read by the engine itself"),
    "first_by_struct_is_slow": Fault(True, None, "silver.sessions and session_activity_daily: min and max of structs"),
}


@pytest.fixture(scope="module")
def native() -> dict[str, Any]:
    """What the native engine gives for each example, in a process of its own."""
    command = [sys.executable, "-m", "tests.libs.engines.sail_faults"]
    ran = subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_every_example_is_of_a_fault() -> None:
    assert [example.__name__ for example in EXAMPLES] == list(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_the_native_engine_still_has_the_fault(native: dict[str, Any], name: str) -> None:
    fault = FAULTS[name]
    assert native[name] == fault.native, f"the native engine no longer does this; what may be simpler: {fault.simpler}"


@pytest.mark.only_spark
@pytest.mark.parametrize("example", [e for e in EXAMPLES if e is not first_by_struct_is_slow], ids=lambda e: e.__name__)
def test_spark_gives_what_is_asked(spark: SparkSession, example: Any) -> None:
    assert given(example, spark) == FAULTS[example.__name__].spark


def test_each_fault_has_its_chapter() -> None:
    text = (PROJECT_ROOT / "docs" / "engines.md").read_text()
    assert [name for name in FAULTS if f"`{name}`" not in text] == []
