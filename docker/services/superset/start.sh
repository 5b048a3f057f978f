#!/usr/bin/env bash
# Migrates Superset's own database, creates its users, and serves it on the loopback address (or SUPERSET_BIND).
# Passwords and keys are read from the environment by superset_config.py and by the plugin; none is an argument or is printed.
set -euo pipefail

for name in SUPERSET_PORT SUPERSET_SECRET_KEY SUPERSET_GUEST_TOKEN_JWT_SECRET SUPERSET_DATABASE_URI SUPERSET_ADMIN_PASSWORD \
    SUPERSET_VIEWER_PASSWORD THRIFT_HOST THRIFT_PORT PROJECT_ROOT; do
    [ -n "${!name:-}" ] || { echo "superset: the environment variable $name is not set" >&2; exit 2; }
done
case "$SUPERSET_DATABASE_URI" in
    # In SQLite Superset can't drop an old constraint that refuses two datasets of one name in different schemas.
    sqlite*) echo "superset: SUPERSET_DATABASE_URI must name a PostgreSQL database" >&2; exit 2 ;;
esac
venv="${SUPERSET_VENV:-$PROJECT_ROOT/.superset-venv}"
[ -x "$venv/bin/superset" ] || { echo "superset: $venv does not exist: run \`make superset-setup\`" >&2; exit 2; }

export SUPERSET_CONFIG_PATH="$PROJECT_ROOT/superset/superset_config.py" SUPERSET_HOME="$PROJECT_ROOT/var/superset"
export FLASK_APP="superset.app:create_app()" SCARF_ANALYTICS=false PYTHONWARNINGS="${PYTHONWARNINGS:-ignore}"
# The project's packages must not precede Superset's.
unset PYTHONPATH
(umask 077 && mkdir -p "$SUPERSET_HOME")
cd "$SUPERSET_HOME"

"$venv/bin/superset" prepare
# Threads wait for the Thrift server; two processes use two cores.
exec "$venv/bin/gunicorn" --bind "${SUPERSET_BIND:-127.0.0.1}:$SUPERSET_PORT" --workers "${SUPERSET_WORKERS:-2}" \
    --worker-class gthread --threads "${SUPERSET_THREADS:-12}" --timeout 180 --graceful-timeout 20 --keep-alive 5 \
    --max-requests 20000 --max-requests-jitter 2000 --worker-tmp-dir /dev/shm --access-logfile /dev/null \
    "superset.app:create_app()"
