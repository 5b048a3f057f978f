"""Fixtures of the tests that need the local cluster, and those of its dashboards.

The files run in the order of their letters, on one cluster: the last loses and restores all of it, with other passwords.
"""

import os
from collections.abc import Iterator, Mapping

import pytest

from jobs.dashboards import main as dashboards
from lakehouse.dashboards.connection import address, administrator, password
from libs.cluster.environment import known_environment
from libs.superset.api import Superset
from libs.superset.browser import SupersetBrowser, superset_browser
from tests.cluster.running_cluster import Cluster, cluster, lakehouse

__all__ = ["cluster", "lakehouse"]


@pytest.fixture(scope="session")
def known(lakehouse: Cluster) -> Iterator[Mapping[str, str]]:
    """The environment of the cluster with its passwords, which is this process's too as long as its dashboards are tested."""
    before = dict(os.environ)
    os.environ.update({**known_environment(lakehouse.settings), **lakehouse.env})
    yield os.environ
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def imported(known: Mapping[str, str]) -> Superset:
    """Superset with the files' dashboards, opened by its administrator."""
    assert dashboards(["--import"]) == 0
    return administrator(known)


@pytest.fixture(scope="session")
def viewer(known: Mapping[str, str], imported: Superset) -> Superset:
    """Superset as its viewer uses it."""
    return Superset(address(known), "viewer", password(known, "viewer"))


@pytest.fixture(scope="session")
def browser(known: Mapping[str, str], imported: Superset) -> Iterator[SupersetBrowser]:
    """A browser in which the viewer is logged in."""
    with superset_browser(address(known)) as opened:
        opened.log_in("viewer", password(known, "viewer"))
        yield opened
