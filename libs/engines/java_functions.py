"""Spark's functions as PySpark calls them, in fewer messages to Java: each is a round trip, as is letting go of what it returned.

PySpark asks Java for the class and for the function at every call of one, makes the same column or literal anew each time, and
passes a list by a call an element. That was two thirds of all that a contract's frame says to Java.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from py4j.java_gateway import JavaClass, JavaObject
from pyspark.sql import SparkSession

FUNCTIONS = "org.apache.spark.sql.functions"
UTILS = "org.apache.spark.api.python.PythonUtils"
# How many columns and literals are kept for the next call, and how many lists of more than AT_ONCE elements.
COLUMNS, LISTS = 4_096, 64
# As many elements Java's List.of takes at most.
AT_ONCE = 10


class LookedUpOnce(JavaClass):
    """A class of Java whose static members stay attributes once they were asked for."""

    def __getattr__(self, name: str) -> Any:
        """Asked for what is no attribute yet."""
        found = super().__getattr__(name)
        self.__dict__[name] = found
        return found


def look_up_once(spark: SparkSession) -> None:
    """Have every function of the session's process looked up once, and equal columns, literals and lists made once."""
    java = spark.sparkContext._jvm
    assert java is not None
    functions, utils = (LookedUpOnce(name, java._gateway_client) for name in (FUNCTIONS, UTILS))
    functions.__dict__ |= {"col": _kept(functions.col), "lit": _kept(functions.lit)}
    pass_on = _Lists(java)
    utils.__dict__ |= {"toSeq": pass_on.by(utils.toSeq), "toList": pass_on.by(utils.toList)}
    # By these names PySpark asks for them.
    for name, of_class in {"functions": functions, FUNCTIONS: functions, "PythonUtils": utils}.items():
        setattr(java, name, of_class)


def _kept(make: Callable[[Any], JavaObject]) -> Callable[[Any], JavaObject]:
    """Makes the column of a name, or a literal of text, whole number or truth value, once: -0.0 would be taken for 0.0."""
    # By type too, for 1 and True are equal. A function of ours: lru_cache asks for the docstring, which Java has none of.
    kept = lru_cache(COLUMNS, typed=True)(lambda value: make(value))
    return lambda value: kept(value) if type(value) in (str, int, bool) else make(value)


class _Lists:
    """Passes lists of columns or names to Java, some elements a call; a long one that was passed before is not passed again."""

    def __init__(self, java: Any) -> None:
        """Nothing is passed yet."""
        self._list, self._array_list = LookedUpOnce("java.util.List", java._gateway_client), java.java.util.ArrayList

    def by(self, convert: Callable[[Any], JavaObject]) -> Callable[[Sequence[Any]], JavaObject]:
        """What the function `convert` of a Java list gives for a list of Python."""

        def made(elements: tuple[Any, ...]) -> JavaObject:
            return convert(self._in_java(elements))

        # Objects of Java are equal in Python only where they are one and the same: their `equals` would be called otherwise.
        kept = lru_cache(LISTS)(lambda same: made(same.elements))
        return lambda elements: kept(_Same(tuple(elements))) if len(elements) > AT_ONCE else made(tuple(elements))

    def _in_java(self, elements: tuple[Any, ...]) -> Any:
        # List.of takes no null.
        if any(one is None for one in elements):
            return elements
        if len(elements) <= AT_ONCE:
            return self._list.of(*elements)
        whole = self._array_list()
        for first in range(0, len(elements), AT_ONCE):
            whole.addAll(self._list.of(*elements[first : first + AT_ONCE]))
        return whole


class _Same:
    """Elements that are equal only to the very same ones."""

    def __init__(self, elements: tuple[Any, ...]) -> None:
        self.elements = elements
        self._ids = tuple(one._target_id if isinstance(one, JavaObject) else (type(one), one) for one in elements)

    def __hash__(self) -> int:
        return hash(self._ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._ids == other._ids
