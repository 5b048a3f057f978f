#!/usr/bin/env bash
# when_ready.sh "PROBE…" COMMAND…: wait until every probe succeeds, then become the command. A service that is started
# again by itself thereby waits for what it needs, as it did the first time.
set -euo pipefail
for probe in $1; do
    until "$probe"; do sleep 0.5; done
done
shift
# Where the system can (Linux), a service ends with the supervisor that watches over it.
if command -v setpriv >/dev/null; then
    exec setpriv --pdeathsig TERM "$@"
fi
exec "$@"
