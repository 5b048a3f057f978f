"""Help, lookups and the doctor answer at once: nothing that takes long to import is imported for them."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from libs.settings.project import PROJECT_ROOT

SLOW = {"deltalake", "duckdb", "great_expectations", "mlflow", "numpy", "pandas", "playwright", "py4j", "pyarrow", "pyspark"}
JOBS = sorted(file.stem for file in (PROJECT_ROOT / "jobs").glob("*.py") if "\ndef main(" in file.read_text())
# What each says. The cluster's doctor looks at all that the local one does, and at its services.
SAYS = {
    "query --list": "  net_revenue   ",
    "query --list --json": '"name": "net_revenue"',
    "query --describe net_revenue": "net_revenue (Net revenue)",
    "query --metric net_revenu": "did you mean net_revenue",
    "doctor": "profile cluster",
    **{f"{job} --help": f"usage: {'jobs.' if job == 'doctor' else ''}{job} " for job in JOBS},
}


@pytest.fixture(scope="module")
def ran() -> dict[str, dict[str, Any]]:
    """All commands in one process, as each alone would take seconds: of several that import a module, the first is blamed."""
    env = {name: value for name, value in os.environ.items() if name != "CONF"} | {"PROFILE": "cluster"}
    command = [sys.executable, "-m", "tests.jobs.imported", *SAYS]
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=True)
    return dict(zip(SAYS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("command", SAYS)
def test_it_answers_without_what_takes_long_to_import(ran: dict[str, dict[str, Any]], command: str) -> None:
    assert SAYS[command] in ran[command]["printed"]
    assert SLOW & {name.partition(".")[0] for name in ran[command]["imported"]} == set()
