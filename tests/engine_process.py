"""An engine in a process of its own, for tests that need both: a process has one."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, TypeVar

from libs.settings.config import Settings, load_settings
from tests.small_spark import small

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

T = TypeVar("T")
# What a session of Spark Connect, which the native engine's is, leaves in its process's environment.
OF_CONNECT = ("SPARK_CONNECT_MODE_ENABLED", "SPARK_LOCAL_REMOTE", "SPARK_REMOTE")
# Seconds that a step may take, a start of Spark included.
PATIENCE = 1200
SPAWN = multiprocessing.get_context("spawn")


class StepFailed(AssertionError):
    """A step raised an error in the other process; the message is its trace."""


class EngineProcess:
    """Calls functions of `(session, *arguments)` in a process that has the engine's session; it starts with the first call.

    Functions, arguments and what they return are pickled. What the process prints goes to `folder`. One that `lasts` has Java
    compile its code well, which pays after some minutes. `environment` is what it has besides ours.
    """

    def __init__(self, engine: str, folder: Path, lasts: bool = False, environment: Mapping[str, str] | None = None) -> None:
        """Nothing is started yet."""
        self.engine, self.folder, self.lasts, self.environment = engine, folder, lasts, dict(environment or {})
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def call(self, function: Callable[Concatenate["SparkSession", ...], T], *arguments: Any) -> T:
        """What the function returns. Raises StepFailed when it raises."""
        self.begin(function, *arguments)
        return self.ended()

    def begin(self, function: Callable[Concatenate["SparkSession", ...], Any], *arguments: Any) -> None:
        """Have the function called, and go on; `ended` waits for it."""
        if self._connection is None:
            self._connection = self._started()
        self._connection.send((function, arguments))

    def ended(self) -> Any:
        """What the function returned that was begun. Raises StepFailed when it raised."""
        assert self._connection is not None
        if not self._connection.poll(PATIENCE):
            self.kill()
            raise StepFailed(f"{self.engine}: no answer in {PATIENCE} s")
        has_failed, answer = self._connection.recv()
        if has_failed:
            raise StepFailed(f"{self.engine}: {answer}")
        return answer

    def kill(self) -> None:
        """End the process and its Java at once, whatever they do; the next call starts another."""
        process, self._process, self._connection = self._process, None, None
        if process is not None and process.pid is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.join()

    def _started(self) -> Connection:
        ours, theirs = SPAWN.Pipe()
        self.folder.mkdir(parents=True, exist_ok=True)
        how = (self.engine, self.folder, self.lasts, self.environment)
        self._process = SPAWN.Process(target=_serve, args=(*how, theirs), daemon=True)
        self._process.start()
        theirs.close()
        return ours


@contextmanager
def started(folder: Path, of_native: Mapping[str, str] | None = None) -> Iterator[Mapping[str, EngineProcess]]:
    """Both engines, which end with the context; `of_native` is the native one's environment besides ours."""
    engines = {"native": EngineProcess("native", folder, environment=of_native), "spark": EngineProcess("spark", folder)}
    try:
        yield engines
    finally:
        for engine in engines.values():
            engine.kill()


def at_once(
    engines: Mapping[str, EngineProcess],
    function: Callable[Concatenate["SparkSession", ...], T],
    arguments: Callable[[str], Sequence[Any]],
) -> dict[str, T]:
    """What the function returns in each engine's process, with the arguments for the engine of that name.

    Raises StepFailed when it raises in any, once all have ended.
    """
    for engine, process in engines.items():
        process.begin(function, *arguments(engine))
    found, failed = {}, []
    for engine, process in engines.items():
        try:
            found[engine] = process.ended()
        except StepFailed as error:
            failed.append(str(error))
    if failed:
        raise StepFailed("\n".join(failed))
    return found


def own_session(spark: "SparkSession") -> "SparkSession":
    """A session whose settings and views are its own where the process's one is Spark's; Sail has no other."""
    return spark.newSession() if hasattr(spark, "_jsparkSession") else spark


def settings_of(engine: str, folder: Path, lasts: bool = False) -> Settings:
    """Settings of a small process that computes with the engine; the lakehouse is named by each step."""
    return small(load_settings({"LAKEHOUSE_ROOT": str(folder / "lakehouse"), "LAKEHOUSE_ENGINE": engine}), lasts)


def _serve(engine: str, folder: Path, lasts: bool, environment: Mapping[str, str], connection: Connection) -> None:
    os.setsid()
    for name in OF_CONNECT:
        os.environ.pop(name, None)
    os.environ.update(environment)
    log = os.open(folder / f"{engine}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    spark = _session(engine, settings_of(engine, folder, lasts))
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            # Java, and Spark's own threads, would keep the process.
            os.killpg(0, signal.SIGKILL)
        try:
            connection.send((False, function(spark, *arguments)))
        except Exception:
            connection.send((True, traceback.format_exc()))


def _session(engine: str, settings: Settings) -> "SparkSession":
    if engine == "native":
        from libs.engines.native import native_session

        return native_session(settings)
    from libs.engines.spark import session

    return session(settings, "other engine")
