from collections.abc import Mapping

from lakehouse.bronze.files import Found
from lakehouse.bronze.remarks import lines
from lakehouse.bronze.taken import Plan, Taken, planned, unpacked


def plan(found: Mapping[str, tuple[str, str]], before: list[Taken]) -> Plan:
    """What to do with files, given by path as time of change and contents."""
    files = [Found(path, len(contents), modified) for path, (modified, contents) in found.items()]
    return planned(files, before, lambda path: f"hash of {found[path][1]}")


def taken(path: str, modified: str, contents: str, same_as: str | None = None) -> Taken:
    return Taken(path, len(contents), modified, f"hash of {contents}", same_as)


A = taken("/d/a.csv", "1", "one")


def paths(found: Plan) -> list[str]:
    return [file.path for file in found.take]


def test_a_new_file_is_taken_and_noted_down() -> None:
    found = plan({"/d/a.csv": ("1", "one"), "/d/b.csv": ("1", "two")}, [A])
    assert (paths(found), [file.path for file in found.known]) == (["/d/b.csv"], ["/d/a.csv"])
    assert found.taken == [A, taken("/d/b.csv", "1", "two")]
    assert unpacked({"files": [file.packed() for file in found.taken]}) == found.taken


def test_a_file_that_changed_and_changed_back_is_taken_each_time() -> None:
    changed = plan({"/d/a.csv": ("2", "two")}, [A])
    back = plan({"/d/a.csv": ("3", "one")}, [*changed.taken])
    assert paths(changed) == paths(back) == ["/d/a.csv"]
    assert lines(changed.remarks) == lines(back.remarks) == ["a.csv: its contents changed: taken again, as a correction"]
    assert [file.modified for file in back.taken] == ["1", "2", "3"]


def test_a_correction_counts_also_where_its_contents_came_under_another_name() -> None:
    assert paths(plan({"/d/a.csv": ("2", "two")}, [A, taken("/d/b.csv", "1", "two")])) == ["/d/a.csv"]


def test_of_two_new_files_with_the_same_contents_the_first_is_taken() -> None:
    found = plan({"/d/b.csv": ("1", "one"), "/d/c.csv": ("1", "one")}, [])
    assert (paths(found), lines(found.remarks)) == (["/d/b.csv"], ["c.csv: its contents came before, as /d/b.csv: not taken"])
    again = plan({"/d/b.csv": ("1", "one"), "/d/c.csv": ("2", "one")}, [*found.taken])
    assert (paths(again), lines(again.remarks)) == ([], lines(found.remarks))
    assert again.taken == [taken("/d/b.csv", "1", "one"), taken("/d/c.csv", "2", "one", same_as="/d/b.csv")]


def test_contents_that_were_corrected_since_are_still_known() -> None:
    corrected = [A, taken("/d/a.csv", "2", "two")]
    assert paths(plan({"/d/z.csv": ("3", "one")}, corrected)) == []


def test_a_file_of_no_bytes_is_named_and_not_noted_down() -> None:
    found = plan({"/d/a.csv": ("1", "")}, [])
    assert (found.take, found.taken, lines(found.remarks)) == ([], [], ["a.csv: empty, nothing to take"])


def test_of_a_file_that_an_older_version_took_the_contents_are_noted_down() -> None:
    found = plan({"/d/a.csv": ("1", "one")}, [Taken("/d/a.csv"), Taken("/d/gone.csv")])
    assert (paths(found), found.taken, lines(found.remarks)) == ([], [A, Taken("/d/gone.csv")], [])
    assert [file.path for file in found.known] == ["/d/a.csv"]
