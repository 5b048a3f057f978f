#!/usr/bin/env bash
# Exits 0 when Superset answers. Only Bash, so that it runs in any image.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$SUPERSET_PORT" || exit 1
printf 'GET /health HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$SUPERSET_PORT" >&3
read -r -t 5 _ status _ <&3 || exit 1
[ "$status" = 200 ]
