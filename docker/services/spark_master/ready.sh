#!/usr/bin/env bash
. "$(dirname "$0")/../answers.sh"
gives_200 "$SPARK_MASTER_UI_PORT" /json/
