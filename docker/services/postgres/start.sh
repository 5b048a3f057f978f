#!/usr/bin/env bash
# PostgreSQL: a database and a role each for the metastore, MLflow, Superset, and the writers' locks.
set -euo pipefail
folder=$CLUSTER_DIR/postgres
programs=${POSTGRES_BIN:+$POSTGRES_BIN/}

if [ "$(id -u)" = 0 ]; then # it does not run as root
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    mkdir -p "$folder"
    chown "$user" "$folder"
    exec setpriv --pdeathsig INT --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$0"
fi

mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
# Statements have passwords, and are never logged.
quiet=(-c log_min_error_statement=panic)

# One statement per line, without a server: nobody can connect meanwhile.
alone() {
    "${programs}postgres" --single "${quiet[@]}" -D "$1" postgres >/dev/null
}

if [ ! -d data ]; then
    rm -rf new
    "${programs}initdb" --pgdata=new --username=postgres --auth=scram-sha-256 --pwfile=<(echo "$POSTGRES_PASSWORD") \
        --encoding=UTF8 --locale=C --no-sync >/dev/null
    for name in metastore mlflow superset lakehouse; do
        printf 'create role %s login\ncreate database %s owner %s\n' "$name" "$name" "$name"
    done | alone new
    mv new data
fi
# The passwords are those of the file of secrets, also when that was generated again.
alone data <<SQL
alter role postgres password '$POSTGRES_PASSWORD'
alter role metastore password '$METASTORE_DATABASE_PASSWORD'
alter role mlflow password '$MLFLOW_DATABASE_PASSWORD'
alter role superset password '$SUPERSET_DATABASE_PASSWORD'
alter role lakehouse password '$LAKEHOUSE_DATABASE_PASSWORD'
SQL

unset POSTGRES_PASSWORD METASTORE_DATABASE_PASSWORD MLFLOW_DATABASE_PASSWORD SUPERSET_DATABASE_PASSWORD LAKEHOUSE_DATABASE_PASSWORD
# Dead clients are noticed after a minute, so that a lock whose holder's machine is down is released.
exec "${programs}postgres" -D data "${quiet[@]}" -c listen_addresses=127.0.0.1 -c port="$POSTGRES_PORT" \
    -c unix_socket_directories= -c shared_buffers=64MB -c max_connections=100 \
    -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3
