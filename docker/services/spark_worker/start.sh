#!/usr/bin/env bash
# A worker of Spark's standalone cluster. Its executors find the key of the object store in the environment.
set -euo pipefail
export SPARK_NO_DAEMONIZE=1 SPARK_DAEMON_MEMORY=192m SPARK_LOCAL_IP=127.0.0.1
export SPARK_DAEMON_JAVA_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dspark.worker.cleanup.enabled=true"
export PYSPARK_PYTHON=$PYTHON AWS_ACCESS_KEY_ID=$S3_ACCESS_KEY AWS_SECRET_ACCESS_KEY=$S3_SECRET_KEY
unset S3_ACCESS_KEY S3_SECRET_KEY
ui=SPARK_WORKER_${WORKER_NUMBER}_UI_PORT
exec "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port "${!ui}" \
    --cores "$SPARK_WORKER_CORES" --memory "$SPARK_WORKER_MEMORY" --work-dir "$CLUSTER_DIR/spark_worker_$WORKER_NUMBER" \
    "spark://127.0.0.1:$SPARK_MASTER_PORT"
