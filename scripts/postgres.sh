#!/usr/bin/env bash
# A PostgreSQL server for tests and measurements: on its own port, in its own directory, for this machine only.
#   scripts/postgres.sh start      starts it (installing PostgreSQL if it is missing) and prints its address
#   scripts/postgres.sh url        prints the address
#   scripts/postgres.sh stop       stops it
#   scripts/postgres.sh clean      stops it and removes its directory
# It keeps nothing that matters: what is written is not waited for, unless PG_DURABLE=true says so.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"

PG_PORT="${PG_PORT:-54329}"
# Root runs the server as another account, which cannot reach into root's home.
if [ "$(id -u)" = 0 ]; then
    PG_HOME="${PG_HOME:-/var/tmp/healthcare-postgres-$PG_PORT}"
else
    PG_HOME="${PG_HOME:-$CACHE/postgres-$PG_PORT}"
fi
PG_DURABLE="${PG_DURABLE:-false}"
PG_OPTIONS="${PG_OPTIONS:-}"

pg_url() { printf 'postgres://healthcare@127.0.0.1:%s/postgres\n' "$PG_PORT"; }

# as_server cmd…: the server refuses to run as root, so root runs it as the account of the package.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

pg_settings() {
    printf '%s\n' "port = $PG_PORT" "listen_addresses = '127.0.0.1'" "unix_socket_directories = '$PG_HOME'" \
        'max_connections = 300' 'shared_buffers = 512MB' 'max_wal_size = 4GB' 'max_pred_locks_per_transaction = 256' \
        "log_min_messages = warning" "log_min_error_statement = panic" 'timezone = UTC'
    if [ "$PG_DURABLE" != true ]; then
        printf '%s\n' 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off'
    fi
    printf '%s\n' "$PG_OPTIONS"
}

pg_start() {
    ensure_postgres
    if as_server "$PG_BIN/pg_ctl" --pgdata "$PG_HOME/data" status >/dev/null 2>&1; then
        return 0
    fi
    if [ ! -f "$PG_HOME/data/PG_VERSION" ]; then
        rm -rf "$PG_HOME/data"
        mkdir -p "$PG_HOME" "$CACHE"
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$PG_HOME"
        fi
        as_server "$PG_BIN/initdb" --pgdata "$PG_HOME/data" --username healthcare --auth trust --encoding UTF8 \
            --locale C --data-checksums >"$CACHE/postgres-initdb.log" 2>&1 ||
            { tail -n 5 "$CACHE/postgres-initdb.log" >&2; die 'initdb failed'; }
    fi
    pg_settings | as_server tee "$PG_HOME/data/postgresql.auto.conf" >/dev/null
    as_server "$PG_BIN/pg_ctl" --pgdata "$PG_HOME/data" --log "$PG_HOME/log" --wait start >/dev/null ||
        { tail -n 5 "$PG_HOME/log" >&2; die "PostgreSQL did not start on port $PG_PORT"; }
}

pg_stop() {
    ensure_postgres
    as_server "$PG_BIN/pg_ctl" --pgdata "$PG_HOME/data" --mode fast --wait stop >/dev/null 2>&1 || true
}

# pg_borrow: starts it for the shell that calls this; one that ran before goes on running after.
pg_borrow() {
    ensure_postgres
    if ! as_server "$PG_BIN/pg_ctl" --pgdata "$PG_HOME/data" status >/dev/null 2>&1; then
        trap pg_stop EXIT
    fi
    pg_start
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    case "${1:-}" in
        start)
            pg_start
            pg_url
            ;;
        url) pg_url ;;
        stop) pg_stop ;;
        clean)
            pg_stop
            rm -rf "$PG_HOME"
            ;;
        *) die 'usage: scripts/postgres.sh start|url|stop|clean' ;;
    esac
fi
