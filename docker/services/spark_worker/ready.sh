#!/usr/bin/env bash
. "$(dirname "$0")/../answers.sh"
ui=SPARK_WORKER_${WORKER_NUMBER}_UI_PORT
gives_200 "${!ui}" /json/
