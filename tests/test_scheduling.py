from tests.scheduling import WITH_SPARK, together


def test_files_that_compare_engines_are_run_by_one_process_and_each_other_file_by_one() -> None:
    assert together("tests/equal_rows/test_equal_rows.py::test_both[a::b]") == WITH_SPARK
    assert together("tests/libs/store/test_crossing.py::test_turns") == WITH_SPARK
    assert together("tests/test_layout.py::test_one[a::b]") == "tests/test_layout.py"
    assert together("tests/jobs/test_refresh.py::test_one") == "tests/jobs/test_refresh.py"
