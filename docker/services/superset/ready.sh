#!/usr/bin/env bash
# Exits 0 when Superset answers.
set -euo pipefail
exec "${PYTHON:-python3}" - "${SUPERSET_HOST:-127.0.0.1}" "$SUPERSET_PORT" <<'PROBE'
import sys
from urllib.request import urlopen

try:
    with urlopen(f"http://{sys.argv[1]}:{sys.argv[2]}/health", timeout=5) as answer:
        sys.exit(answer.read() != b"OK")
except OSError as error:
    sys.exit(f"superset: {error}")
PROBE
