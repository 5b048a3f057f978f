"""A small lakehouse with two versions of the model, and the service on a free port in this process."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libs.settings.config import Settings
from tests.ml.serving.lakehouses import registered, settings_of, trained, write_customers, write_features
from tests.ml.serving.running import Running, running

USERS = 600


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Version 1 is champion and version 2 challenger; `u0` is in every table, `u1` and `only/a buyer` in that of customers."""
    pytest.importorskip("fastapi")
    settings = settings_of(tmp_path_factory.mktemp("serving") / "lakehouse")
    registered(settings, trained(USERS))
    registered(settings, trained(USERS, seed=5), is_champion=False)
    write_features(settings, USERS)
    write_customers(settings, {"u0": "champions", "u1": None, "only/a buyer": "lost"})
    return settings


@pytest.fixture
def copied(made: Settings, tmp_path: Path) -> Settings:
    """The same in another place; models that are registered are still read from where they were logged."""
    shutil.copytree(made.lakehouse_root, tmp_path / "lakehouse")
    return settings_of(tmp_path / "lakehouse")


@pytest.fixture(scope="session")
def served(made: Settings) -> Iterator[Running]:
    """The service as it is by default."""
    with running(made) as service:
        yield service


@pytest.fixture
def serve(copied: Settings) -> Iterator[Callable[..., Running]]:
    """Start services of the copy, with keyword arguments of `running`; they end with the test."""
    from contextlib import ExitStack

    with ExitStack() as services:
        yield lambda **said: services.enter_context(running(copied, **said))
