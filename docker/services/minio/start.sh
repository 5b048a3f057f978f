#!/usr/bin/env bash
# MinIO, an S3 object store on one drive. A folder of the drive is a bucket.
set -euo pipefail
mkdir -p "$CLUSTER_DIR"/minio/{lakehouse,mlflow,spark-events}
export MINIO_ROOT_USER=$S3_ACCESS_KEY MINIO_ROOT_PASSWORD=$S3_SECRET_KEY
export MINIO_UPDATE=off GOMEMLIMIT=512MiB
unset S3_ACCESS_KEY S3_SECRET_KEY
exec "${MINIO:-minio}" server --quiet --address "127.0.0.1:$MINIO_PORT" --console-address "127.0.0.1:$MINIO_CONSOLE_PORT" \
    "$CLUSTER_DIR/minio"
