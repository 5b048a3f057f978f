"""Serves the Hive metastore on the loopback address. Usage: python -m libs.cluster.metastore CONF, a folder with hive-site.xml.

Hive 2.3's own main class listens on every address of the machine, and no setting changes that: so the same parts are
used here with another socket.
"""

import os
import sys
from pathlib import Path
from typing import Any

from py4j.java_gateway import JavaGateway

from libs.engines.java import FIRST_COMPILER, java_command


def main() -> None:
    """Serve until the process ends; Java ends with it."""
    conf, spark = Path(sys.argv[1]).resolve(), Path(os.environ["SPARK_HOME"])
    gateway = JavaGateway.launch_gateway(
        jarpath=str(next(spark.glob("jars/py4j-*.jar"))),
        classpath=os.pathsep.join(map(str, (conf, spark / "jars" / "*", Path(os.environ["JARS_DIR"]) / "*"))),
        java_path=java_command(os.environ),
        javaopts=["-Xmx256m", "-XX:+UseSerialGC", FIRST_COMPILER, f"-Dlog4j2.configurationFile={conf / 'log4j2.properties'}"],
        die_on_exit=True,
        redirect_stdout=sys.stderr,
        redirect_stderr=sys.stderr,
        enable_auth=True,
    )
    serve(gateway, int(os.environ["METASTORE_PORT"]))


def serve(gateway: Any, port: int) -> None:
    """Serve on `port` of the loopback address."""
    hive, thrift = gateway.jvm.org.apache.hadoop.hive, gateway.jvm.org.apache.thrift
    conf = hive.conf.HiveConf()
    handler = getattr(hive.metastore, "HiveMetaStore$HMSHandler")("metastore", conf, False)
    retrying = hive.metastore.HiveMetaStore.newRetryingHMSHandler(handler, conf)
    socket = thrift.transport.TServerSocket(gateway.jvm.java.net.InetSocketAddress("127.0.0.1", port))
    arguments = getattr(thrift.server, "TThreadPoolServer$Args")(socket)
    arguments.processor(hive.metastore.TUGIBasedProcessor(retrying))
    arguments.transportFactory(getattr(hive.thrift, "TUGIContainingTransport$Factory")())
    arguments.protocolFactory(getattr(thrift.protocol, "TBinaryProtocol$Factory")())
    thrift.server.TThreadPoolServer(arguments).serve()


if __name__ == "__main__":
    main()
