"""What PySpark asks Java for when a function is called."""

from typing import Any, cast

import pytest
from py4j.clientserver import ClientServerConnection
from py4j.protocol import REFLECTION_COMMAND_NAME
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

pytestmark = pytest.mark.only_spark


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that are sent to Java from now on."""
    commands: list[str] = []
    send = ClientServerConnection.send_command

    def noted(self: ClientServerConnection, command: str, *words: Any, **named: Any) -> str:
        commands.append(command)
        return str(send(self, command, *words, **named))

    monkeypatch.setattr(ClientServerConnection, "send_command", noted)
    return commands


def test_a_function_that_was_called_before_is_not_looked_up_again(spark: SparkSession, sent: list[str]) -> None:
    def call() -> None:
        F.soundex(F.concat("a", F.lit("b"))).isin("c", "d")

    call()
    first = [command for command in sent if command.startswith(REFLECTION_COMMAND_NAME)]
    sent.clear()
    call()

    assert first, "soundex, which nothing else calls, was looked up"
    assert [command for command in sent if command.startswith(REFLECTION_COMMAND_NAME)] == []
    assert len(sent) > 3


def test_functions_of_a_new_session_are_those_of_the_process(spark: SparkSession) -> None:
    own, other = cast(Any, spark), cast(Any, spark.newSession())
    row = other.range(1).select(F.upper(F.lit("a")).alias("a")).collect()[0]
    assert row.a == "A"
    assert other._jvm.functions is own._jvm.functions
