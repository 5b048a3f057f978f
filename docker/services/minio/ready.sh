#!/usr/bin/env bash
. "$(dirname "$0")/../answers.sh"
gives_200 "$MINIO_PORT" /minio/health/ready
