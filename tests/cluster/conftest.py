"""The running services, as the environment says where they are; nothing is started here."""

import os
from collections.abc import Iterator

import pytest

from jobs.dashboards import main
from lakehouse.dashboards.connection import address, administrator, password
from libs.superset_api import Superset
from libs.superset_browser import SupersetBrowser, superset_browser


@pytest.fixture(scope="session")
def admin() -> Superset:
    return administrator(os.environ)


@pytest.fixture(scope="session")
def imported(admin: Superset) -> Superset:
    """Superset with the files' dashboards, looked at by its administrator."""
    assert main(["--import"]) == 0
    return admin


@pytest.fixture(scope="session")
def viewer(imported: Superset) -> Superset:
    return Superset(address(os.environ), "viewer", password(os.environ, "viewer"))


@pytest.fixture(scope="session")
def browser(imported: Superset) -> Iterator[SupersetBrowser]:
    """A browser in which the viewer is logged in."""
    with superset_browser(address(os.environ)) as opened:
        opened.log_in("viewer", password(os.environ, "viewer"))
        yield opened
