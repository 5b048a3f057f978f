#!/usr/bin/env bash
# when_ready.sh "PROBE…" COMMAND…: wait until every probe succeeds, then become the command. So a service that is
# restarted waits for its dependencies, as at the first start.
set -euo pipefail
for probe in $1; do
    until "$probe"; do sleep 0.5; done
done
shift
# Where the system supports it (Linux), a service ends with its supervisor.
if command -v setpriv >/dev/null; then
    exec setpriv --pdeathsig TERM "$@"
fi
exec "$@"
