import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lakehouse.synthetic.export import generate
from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.writer import OutputError
from tests.lakehouse.synthetic.reading import read_text

TINY = Parameters(users=300, users_per_chunk=150)


def fingerprints(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("file_format", ["csv", "csv.gz", "parquet"])
def test_the_same_parameters_give_the_same_bytes(tmp_path: Path, file_format: str) -> None:
    parameters = replace(TINY, file_format=file_format)

    generate(parameters, tmp_path / "first")
    generate(parameters, tmp_path / "second")

    assert fingerprints(tmp_path / "first") == fingerprints(tmp_path / "second")


def test_another_seed_gives_other_rows(tmp_path: Path) -> None:
    generate(TINY, tmp_path / "first")
    generate(replace(TINY, seed=8), tmp_path / "second")

    first, second = fingerprints(tmp_path / "first"), fingerprints(tmp_path / "second")
    assert [name for name in first if first[name] == second[name]] == ["distribution_centers-00000.csv"]


def test_a_larger_export_begins_with_the_same_users(tmp_path: Path) -> None:
    generate(TINY, tmp_path / "small")
    generate(replace(TINY, users=600), tmp_path / "large")

    small, large = fingerprints(tmp_path / "small"), fingerprints(tmp_path / "large")
    shared = [name for name in small if name != "truth/truth.json"]
    assert {name: small[name] for name in shared} == {name: large[name] for name in shared}


def test_every_format_holds_the_same_values(tmp_path: Path) -> None:
    for file_format in ("csv", "csv.gz", "parquet"):
        generate(replace(TINY, file_format=file_format), tmp_path / file_format)

    for part in ("users-00000", "events-00001", "order_items-00000", "products-00000"):
        plain = read_text(tmp_path / "csv" / f"{part}.csv")
        packed = read_text(tmp_path / "csv.gz" / f"{part}.csv.gz")
        columnar = pd.read_parquet(tmp_path / "parquet" / f"{part}.parquet", dtype_backend="pyarrow")
        pd.testing.assert_frame_equal(plain, packed)
        pd.testing.assert_frame_equal(plain, columnar.astype("string").fillna("").astype(object), check_dtype=False)


def test_progress_is_users_done_and_users_in_total(tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []

    generate(replace(TINY, users=350), tmp_path / "export", lambda done, users: reported.append((done, users)))

    assert reported == [(150, 350), (300, 350), (350, 350)]


def test_a_folder_with_files_is_refused_and_not_changed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(OutputError, match="is not empty: name another folder"):
        generate(TINY, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()

    generate(TINY, tmp_path / "export")

    assert (tmp_path / "export" / "truth" / "truth.json").is_file()


def test_an_interrupted_export_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, users: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(TINY, tmp_path / "export", stop)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_run_writes_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".export.partial").mkdir()

    with pytest.raises(OutputError, match="exists: another run is writing it"):
        generate(TINY, tmp_path / "export")


def test_one_user_is_enough(tmp_path: Path) -> None:
    truth = generate(Parameters(users=1), tmp_path / "export")

    assert truth["tables"]["users"]["valid_unique_rows"] == 1
