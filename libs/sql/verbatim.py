"""Spark's SQL as declarations write it, read so that what is not changed is written as it was."""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot.dialects.spark import Spark
from sqlglot.parsers.spark import SparkParser


class VerbatimParser(SparkParser):
    """Leaves functions as they are written, and tells `cast` from `try_cast`."""

    STRICT_CAST = True
    FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}


class Verbatim(Spark):
    """Spark's SQL, of which what is not changed is written as it was read."""

    Parser = VerbatimParser
