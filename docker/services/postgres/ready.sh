#!/usr/bin/env bash
exec "${POSTGRES_BIN:+$POSTGRES_BIN/}pg_isready" --quiet --host=127.0.0.1 --port="$POSTGRES_PORT"
