#!/usr/bin/env bash
# Spark's standalone master. It stores its state on disk, so that running jobs survive its restart.
set -euo pipefail
export SPARK_NO_DAEMONIZE=1 SPARK_DAEMON_MEMORY=256m SPARK_LOCAL_IP=127.0.0.1
export SPARK_DAEMON_JAVA_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dspark.master.rest.enabled=false -Dspark.deploy.recoveryMode=FILESYSTEM -Dspark.deploy.recoveryDirectory=$CLUSTER_DIR/spark_master"
mkdir -p "$CLUSTER_DIR/spark_master"
exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$SPARK_MASTER_PORT" \
    --webui-port "$SPARK_MASTER_UI_PORT"
