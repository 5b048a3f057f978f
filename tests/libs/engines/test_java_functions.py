"""What PySpark says to Java when a function is called, and that it means what it did."""

from decimal import Decimal
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


def test_columns_literals_and_long_lists_are_passed_once(spark: SparkSession, sent: list[str]) -> None:
    words = [F.lit(f"word {number}") for number in range(60)]
    F.col("a").isin(*words)
    sent.clear()
    F.col("a").isin(*words)
    assert len(sent) == 1
    sent.clear()
    F.coalesce(*[F.lit(number) for number in range(100, 130)])
    assert len(sent) < 30 + 15, "thirty literals, and ten of them at once in the list"


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 35])
def test_lists_of_any_length_keep_their_elements_and_order(spark: SparkSession, count: int) -> None:
    row = spark.range(1).select(
        F.array(*[F.lit(number) for number in range(count)]).alias("a"), *[F.lit(n) for n in range(count)]
    )
    for _ in range(2):
        (found,) = row.select("a", *row.columns[1:]).collect()
        assert list(found[0]) == list(range(count)) == list(found[1:])


def test_lists_are_the_same_only_with_the_same_elements(spark: SparkSession) -> None:
    def summed(*added: int) -> list[int]:
        columns = [(F.col("id") + number).alias("a") for number in added]
        return list(spark.range(1).select(*columns).collect()[0])

    ones, twos = [1] * 15, [2] * 15
    assert summed(*ones) == ones
    assert summed(*twos) == twos
    assert list(spark.range(1).select(*["id"] * 12).collect()[0]) == [0] * 12
    assert list(spark.range(1).select(*[F.lit("id")] * 12).collect()[0]) == ["id"] * 12


def test_lists_may_hold_nothing_and_numbers_of_any_type(spark: SparkSession) -> None:
    utils = cast(Any, spark)._jvm.PythonUtils
    assert utils.toSeq(["a", None]).mkString(",") == "a,null"
    assert utils.toSeq([1] * 11).mkString(",") == ",".join(["1"] * 11)
    assert utils.toSeq([1.0] * 11).mkString(",") == ",".join(["1.0"] * 11)
    assert utils.toSeq([True] * 11).mkString(",") == ",".join(["true"] * 11)


def test_literals_that_python_takes_for_equal_are_not(spark: SparkSession) -> None:
    values = [1, True, 1.0, "1", Decimal(1), 0, False, 0.0, -0.0, "", None]
    for _ in range(2):
        (row,) = spark.range(1).select(*[F.lit(value) for value in values]).collect()
        assert [(type(value), repr(value)) for value in row] == [(type(value), repr(value)) for value in values]


def test_functions_of_a_new_session_are_those_of_the_process(spark: SparkSession) -> None:
    own, other = cast(Any, spark), cast(Any, spark.newSession())
    row = other.range(1).select(F.upper(F.lit("a")).alias("a")).collect()[0]
    assert row.a == "A"
    assert other._jvm.functions is own._jvm.functions
