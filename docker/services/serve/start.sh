#!/usr/bin/env bash
# Scores and customers over HTTP. It starts without a champion, too: /health answers then, /ready says what is missing.
set -euo pipefail
exec "$PYTHON" -m jobs.serve --port "$SERVE_PORT"
