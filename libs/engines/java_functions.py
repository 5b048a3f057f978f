"""Spark's functions as PySpark calls them, each looked up in Java once.

PySpark asks Java for the class and for the function at every call of one: a third of all that a contract's frame says to Java.
"""

from typing import Any

from py4j.java_gateway import JavaClass
from pyspark.sql import SparkSession

FUNCTIONS = "org.apache.spark.sql.functions"
UTILS = "org.apache.spark.api.python.PythonUtils"
# By what names PySpark asks for them.
NAMES = {"functions": FUNCTIONS, FUNCTIONS: FUNCTIONS, "PythonUtils": UTILS}


class LookedUpOnce(JavaClass):
    """A class of Java whose static members stay attributes once they were asked for."""

    def __getattr__(self, name: str) -> Any:
        """Asked for what is no attribute yet."""
        found = super().__getattr__(name)
        self.__dict__[name] = found
        return found


def look_up_once(spark: SparkSession) -> None:
    """Have every function of the session's process looked up once."""
    java = spark.sparkContext._jvm
    assert java is not None
    once = {name: LookedUpOnce(name, java._gateway_client) for name in set(NAMES.values())}
    for name, of_class in NAMES.items():
        setattr(java, name, once[of_class])
