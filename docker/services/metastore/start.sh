#!/usr/bin/env bash
# Hive metastore, from the jars that pyspark brings.
set -euo pipefail
exec "$PYTHON" -m libs.cluster.metastore docker/services/metastore
