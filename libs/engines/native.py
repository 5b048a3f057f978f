"""Creates the native engine's session: PySpark's client of a Spark Connect server, Sail, that runs in this process without a JVM.

PySpark's functions serve either this client or classic Spark, by a switch of the whole process: a process has one engine.
"""

import os
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from libs.engines.spark_conf import DEBUGGING
from libs.settings.config import Settings
from libs.settings.memory import bytes_of
from libs.store.handles import storage_options

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def native_session(settings: Settings) -> "SparkSession":
    """Return the process's session on the native engine, created on the first call, with the settings of the first call."""
    os.environ.update(_environment(settings))
    return _connected()


@cache
def _connected() -> "SparkSession":
    host, port = _server().listening_address
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession as ConnectSparkSession

    # A window over all rows is meant.
    warnings.filterwarnings("ignore", message="WARN WindowExpression")
    # Sail sends some results as one batch a core, of any length: 128 MB, the client's limit, is less than that of a million rows.
    channel = DefaultChannelBuilder(f"sc://{host}:{port}", [("grpc.max_receive_message_length", -1)])
    # What `remote` of the classic builder, which takes no channel, sets: functions are those of the client.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    spark = cast("SparkSession", ConnectSparkSession.builder.channelBuilder(channel).getOrCreate())
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set(DEBUGGING, "false")
    return spark


@cache
def _server() -> Any:
    """The server listens on the loopback address, on a port that is free; it ends with the process."""
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    return server


def _environment(settings: Settings) -> dict[str, str]:
    """What Sail reads from this process's environment before it starts; what its users set themselves stands."""
    # Statistics of files end some queries with "Selectivity is out of limit" (docs/engines.md).
    wanted = {"RUST_LOG": "error", "SAIL_EXECUTION__COLLECT_STATISTICS": "false"}
    if settings.native_memory is not None:
        size = str(bytes_of(settings.native_memory))
        wanted |= {"SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair", "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": size}
    wanted |= {name: value for name, value in storage_options(settings).items() if name.startswith("AWS_")}
    return {name: value for name, value in wanted.items() if name not in os.environ}
