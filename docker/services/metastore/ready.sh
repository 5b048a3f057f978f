#!/usr/bin/env bash
. "$(dirname "$0")/../answers.sh"
accepts "$METASTORE_PORT"
