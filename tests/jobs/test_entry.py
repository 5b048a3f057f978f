"""How jobs end: in words where the user can do something about it, with a trace where the code is wrong."""

import errno
import sys
from collections.abc import Callable

import pytest
from pyspark.errors import AnalysisException
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

from jobs.entry import run_job
from libs.engines.jars import JarsError
from libs.engines.spark import SparkStartError
from libs.errors import InputError, StoreUnreachable
from libs.locks.lease import LeaseTaken
from libs.settings.config import ConfigError
from libs.tables import TableError


def failing(error: BaseException) -> Callable[[], int]:
    def job() -> int:
        raise error

    return job


@pytest.mark.parametrize("kind", [ConfigError, InputError, JarsError, LeaseTaken, SparkStartError, StoreUnreachable, TableError])
def test_what_the_user_can_fix_is_printed_as_its_one_line(kind: type[Exception], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_job("sweep", failing(kind("the broom is gone: buy one"))) == 1
    assert capsys.readouterr().err == "sweep: the broom is gone: buy one\n"


def test_an_error_of_spark_is_its_first_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_CONNECT_MODE_ENABLED", raising=False)
    assert run_job("sweep", failing(AnalysisException("no such column\nin a long plan"))) == 1
    assert capsys.readouterr().err == "sweep: Spark failed: no such column (all of it in var/log/spark.log)\n"


def test_an_error_of_the_native_engine_is_what_it_says_in_detail(capsys: pytest.CaptureFixture[str]) -> None:
    said = '<_MultiThreadedRendezvous of RPC that terminated with:\n\tstatus = StatusCode.RESOURCE_EXHAUSTED\n\tdetails = "too large"\n>'
    assert run_job("sweep", failing(SparkConnectGrpcException(said))) == 1
    assert capsys.readouterr().err.startswith("sweep: the native engine failed: too large (LAKEHOUSE_ENGINE=spark ")


def test_an_error_that_pyspark_raises_for_the_native_engine_is_not_called_sparks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    assert run_job("sweep", failing(AnalysisException("no such column"))) == 1
    assert capsys.readouterr().err.startswith("sweep: the native engine failed: no such column (LAKEHOUSE_ENGINE=spark ")


def test_a_full_disk_is_named_with_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_job("sweep", failing(OSError(errno.ENOSPC, "No space left on device", "/full/file"))) == 1
    assert capsys.readouterr().err.startswith("sweep: the disk is full: make room where the tables are")


def test_a_fault_of_the_code_keeps_its_trace_and_imports_no_spark_to_be_told_from_its_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pyspark")
    with pytest.raises(ZeroDivisionError):
        run_job("sweep", failing(ZeroDivisionError()))
    assert "pyspark" not in sys.modules
