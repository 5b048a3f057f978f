#!/usr/bin/env bash
# Hive metastore, from the jars that pyspark includes.
set -euo pipefail
exec "$PYTHON" -m libs.cluster.metastore docker/services/metastore
