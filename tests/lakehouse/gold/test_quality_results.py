from lakehouse.gold.quality_results import TABLE
from libs.tables import RunLog


def test_results_are_only_appended_and_keyed_by_run_table_and_expectation() -> None:
    assert isinstance(TABLE.refresh, RunLog)
    assert TABLE.primary_key == ["run_id", "table", "expectation"]
