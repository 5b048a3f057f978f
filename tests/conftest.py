"""Fixtures that every test may use: one small Spark session, and the reference data."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pyspark.sql import SparkSession

from libs.engines.native import native_session
from libs.engines.spark import session
from libs.settings.config import Settings, load_settings
from libs.settings.project import PROJECT_ROOT
from tests.engine_process import EngineProcess
from tests.small_spark import small

# One of several test processes is started by `python -c`, whose main module has no file. pyspark would take that for its own
# doctests and end the process.
vars(sys.modules["__main__"]).setdefault("__file__", __file__)
# Laws are about what holds, however slow the machine is.
hypothesis.settings.register_profile("of the project", deadline=None)
hypothesis.settings.load_profile("of the project")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine`: a process has one engine."""
    parser.addoption("--engine", choices=("native", "spark"), default="native", help="what computes frames in this run")


def pytest_configure(config: pytest.Config) -> None:
    """Jobs that tests start in a process of their own take the same engine."""
    os.environ["LAKEHOUSE_ENGINE"] = config.getoption("engine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Of several test processes each runs whole files; one of them all that need a Spark beside it (`tests/scheduling.py`)."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.scheduling import ByFile

    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the other engine."""
    other = {"native": "only_spark", "spark": "only_native"}[config.getoption("engine")]
    left_out = [item for item in items if item.get_closest_marker(other)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> str:
    """The engine of this run."""
    return str(pytestconfig.getoption("engine"))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, engine: str) -> Settings:
    """Settings for tests: tables in a temporary folder, tiny Spark, catalog in memory."""
    return small(load_settings({"LAKEHOUSE_ROOT": str(tmp_path_factory.mktemp("lakehouse")), "LAKEHOUSE_ENGINE": engine}))


@pytest.fixture(scope="session")
def spark(settings: Settings) -> Iterator[SparkSession]:
    """One session of the run's engine for the whole test run: starting it costs more than most tests."""
    if settings.engine == "native":
        yield native_session(settings)
        return
    made = session(settings, "tests")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def spark_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """Spark in a process of its own, started by the first call, for tests on the native engine that need both."""
    process = EngineProcess("spark", tmp_path_factory.mktemp("spark"))
    yield process
    process.kill()


@pytest.fixture(scope="session")
def engines(spark_process: EngineProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, EngineProcess]]:
    """Each engine in a process of its own, whichever this run's is."""
    native = EngineProcess("native", tmp_path_factory.mktemp("native"))
    yield {"native": native, "spark": spark_process}
    native.kill()


@pytest.fixture
def compiled(spark: SparkSession) -> Iterator[None]:
    """Queries are compiled, as they are outside tests: worth it for hundreds of thousands of rows."""
    before = {key: spark.conf.get(key) for key in ("spark.sql.codegen.wholeStage", "spark.sql.codegen.factoryMode")}
    spark.conf.set("spark.sql.codegen.wholeStage", "true")
    spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")
    yield
    for key, value in before.items():
        spark.conf.set(key, str(value))


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real data sets; `LAKEHOUSE_REFERENCE_DATA` names it, by default next to the checkout."""
    folder = Path(os.environ.get("LAKEHOUSE_REFERENCE_DATA") or PROJECT_ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}: name its folder in LAKEHOUSE_REFERENCE_DATA")
    return folder
