"""The code for executors: all of it, nothing else, the same bytes each time."""

import subprocess
import sys
import zipfile
from pathlib import Path

from libs.engines.code import packed_code
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT


def test_the_zip_holds_the_packages_and_is_the_same_each_time(tmp_path: Path) -> None:
    settings = load_settings({"LAKEHOUSE_CLUSTER": str(tmp_path)})

    first = packed_code(settings).read_bytes()

    assert packed_code(settings).read_bytes() == first
    names = zipfile.ZipFile(tmp_path / "code.zip").namelist()
    assert {"libs/store/spark.py", "jobs/demo.py", "lakehouse/metrics/revenue.yaml"} <= set(names)
    assert not [name for name in names if name.endswith(".pyc") or name.split("/")[0] not in ("jobs", "lakehouse", "libs", "ml")]


def test_the_catalogue_is_found_in_the_zip(tmp_path: Path) -> None:
    packed = packed_code(load_settings({"LAKEHOUSE_CLUSTER": str(tmp_path)}))
    code = "from lakehouse.catalogue.discovery import catalogue; print(len(catalogue()))"
    here = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)

    elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(packed), "LAKEHOUSE_PROJECT_ROOT": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert elsewhere.stdout == here.stdout, elsewhere.stderr
