#!/usr/bin/env bash
# Spark Thrift server: SQL over the tables for Superset and any JDBC client. It has no password, so it listens only on the
# loopback address.
set -euo pipefail
export SPARK_NO_DAEMONIZE=1 SPARK_LOCAL_IP=127.0.0.1
export PYSPARK_PYTHON=$PYTHON AWS_ACCESS_KEY_ID=$S3_ACCESS_KEY AWS_SECRET_ACCESS_KEY=$S3_SECRET_KEY
unset S3_ACCESS_KEY S3_SECRET_KEY
mkdir -p "$CLUSTER_DIR/thrift"
cd "$CLUSTER_DIR/thrift"
"$PYTHON" -m libs.cluster.thrift >spark.conf
exec "$SPARK_HOME/bin/spark-submit" --properties-file spark.conf \
    --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 spark-internal
