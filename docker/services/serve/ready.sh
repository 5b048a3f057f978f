#!/usr/bin/env bash
. "$(dirname "$0")/../answers.sh"
gives_200 "$SERVE_PORT" /health
