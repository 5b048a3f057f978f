#!/usr/bin/env bash
# MLflow's tracking server and model registry: runs and models in PostgreSQL, artifacts on S3, through the server.
set -euo pipefail
export MLFLOW_BACKEND_STORE_URI="postgresql+psycopg://mlflow:$MLFLOW_DATABASE_PASSWORD@127.0.0.1:$POSTGRES_PORT/mlflow"
export MLFLOW_ARTIFACTS_DESTINATION=s3://mlflow MLFLOW_S3_ENDPOINT_URL=$S3_ENDPOINT AWS_DEFAULT_REGION=$S3_REGION
export AWS_ACCESS_KEY_ID=$S3_ACCESS_KEY AWS_SECRET_ACCESS_KEY=$S3_SECRET_KEY
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false MLFLOW_DISABLE_TELEMETRY=true
unset MLFLOW_DATABASE_PASSWORD S3_ACCESS_KEY S3_SECRET_KEY MLFLOW_TRACKING_URI
# When `mlflow server` was killed, its child server still runs and holds the port.
for left in /proc/[0-9]*; do
    command=$(tr '\0' ' ' <"$left/cmdline" 2>/dev/null || true)
    if [[ $command == *"uvicorn "*"--port $MLFLOW_PORT "* ]]; then kill -KILL "${left#/proc/}"; fi
done
exec "$PYTHON" -m mlflow server --host 127.0.0.1 --port "$MLFLOW_PORT" --workers 1
