"""Fixtures of the tests of jobs."""

from pathlib import Path

import pytest

from tests.jobs.whole_runs import Job


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The main job, whose variables this process has too."""
    job = Job(tmp_path)
    for name, value in job.environment.items():
        monkeypatch.setenv(name, value)
    return job
