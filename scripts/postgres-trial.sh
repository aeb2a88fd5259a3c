#!/usr/bin/env bash
# What the trials of the PostgreSQL backend share: throw-away database servers, the program on them, requests to it.
# Sourced by scripts/postgres-{rehearsal,pooler,failover}.sh; run directly, it does nothing.
# Everything lies in one temporary folder and ends with the script that sourced this; KEEP=true leaves the folder.
set -euo pipefail
# shellcheck source=scripts/postgres.sh
source "$(dirname "${BASH_SOURCE[0]}")/postgres.sh"

BINARY="${HEALTHCARE_BIN:-$TARGET_DIR/release/healthcare}"
WORK="$(mktemp -d "${TMPDIR:-/tmp}/healthcare-trial.XXXXXX")"
# The account of the database server must be able to reach its files in it.
chmod 755 "$WORK"
CLUSTERS=''
PROCESSES=''
PASSWORD='correct horse battery 9'

# --- the end ---

# stop pid: ends a process that this script started, if it is still there.
stop() {
    if [ -n "$1" ] && kill "$1" 2>/dev/null; then
        wait "$1" 2>/dev/null || true
    fi
}

# at_end: what a trial has to end itself; it defines it anew.
at_end() { :; }

clean_up() {
    local status=$? process cluster log
    # Nothing may keep it from ending what was started, not even a reader that went away.
    set +e
    trap '' PIPE
    # What failed is looked for in the logs.
    if [ "$status" -ne 0 ]; then
        for log in "$WORK"/*.log "$WORK"/*/log; do
            if [ -s "$log" ]; then
                printf -- '--- the end of %s ---\n' "${log#"$WORK/"}" >&2
                tail -n 5 "$log" >&2
            fi
        done
    fi
    at_end
    for process in $PROCESSES; do stop "$process"; done
    for cluster in $CLUSTERS; do on "$cluster" pg_stop; done
    if [ "${KEEP:-false}" = true ]; then
        say "kept: $WORK"
    else
        rm -rf "$WORK"
    fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP PIPE

# --- time and words ---

calc() { awk "BEGIN { printf \"$1\", ($2) }"; }
# json path: a value of the JSON on standard input, as .token or [0].id.
json() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8'))$1"; }
millis() { node -p 'Date.now()'; }
BEGUN="$(millis)"

# proved text…: one thing that was shown, with the time since the one before.
proved() {
    local now
    now="$(millis)"
    printf 'ok %6.1f s  %s\n' "$(calc %.1f "($now - $BEGUN) / 1000")" "$*"
    BEGUN="$now"
}

# same what expected found
same() { [ "$2" = "$3" ] || die "$1: $3 instead of $2"; }

# --- database servers ---

# free_port: a port that nobody listens on.
free_port() {
    local port
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return 0
        fi
    done
    die 'no free port found'
}

# cluster name: names a server, gives it a port and a folder that belongs to its account. `on name pg_start` starts it.
cluster() {
    CLUSTERS="$CLUSTERS $1"
    free_port >"$WORK/$1.port"
    mkdir "$WORK/$1"
    if [ "$(id -u)" = 0 ]; then chown postgres "$WORK/$1"; fi
}

port_of() { cat "$WORK/$1.port"; }

# on cluster cmd…: runs one of the functions of scripts/postgres.sh for this server.
on() {
    local name="$1"
    shift
    PG_HOME="$WORK/$name" PG_PORT="$(port_of "$name")" "$@"
}

# address cluster role database
address() { printf 'postgres://%s@127.0.0.1:%s/%s\n' "$2" "$(port_of "$1")" "$3"; }

# sql cluster role database [statement]: bare values; without a statement it is read from standard input.
sql() {
    local where
    where="$(address "$1" "$2" "$3")"
    shift 3
    if [ $# -gt 0 ]; then set -- --command "$1"; fi
    PGTZ=UTC "$PG_BIN/psql" --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@" "$where"
}

# two_roles cluster database: a database as docs/postgresql.md sets it up: one role owns it, another one works in it.
two_roles() {
    sql "$1" healthcare postgres <<SQL
CREATE ROLE clinic_owner LOGIN;
CREATE ROLE clinic_server LOGIN;
CREATE DATABASE $2 OWNER clinic_owner;
REVOKE ALL ON DATABASE $2 FROM PUBLIC;
GRANT CONNECT ON DATABASE $2 TO clinic_server;
SQL
    sql "$1" healthcare "$2" 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
}

# --- the program ---

# Settings of the caller's shell are not the trial's.
unset DATABASE_URL DATABASE_URL_FILE DATABASE_READ_URL DATABASE_NO_MIGRATE DATABASE_POOLER JWT_SECRET_FILE
unset ADMIN_EMAIL ADMIN_USERNAME ADMIN_PASSWORD CLINIC_NAME CLINIC_CURRENCY
export CLINIC_TIME_ZONE=Europe/London COOKIE_SECURE=false LOG_FORMAT=json DRAIN_SECONDS=0 RATE_LIMIT_PER_SECOND=0
JWT_SECRET="$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')"
export JWT_SECRET
# Nothing is to be found or left there: all data lie in the database.
export DATA_DIR="$WORK/no-files"

ensure_trial() {
    [ -x "$BINARY" ] || die "no build at $BINARY: run scripts/build.sh first, or set HEALTHCARE_BIN"
    # It may be built anew while the trial runs.
    cp "$BINARY" "$WORK/healthcare"
    BINARY="$WORK/healthcare"
    ensure_postgres
    ensure_curl
    ensure_node
    (umask 077 && printf '%s\n' "$PASSWORD" >"$WORK/password")
}

# seed cluster database: the demonstration clinic, and the rights of the server's role.
seed() {
    local where
    where="$(address "$1" clinic_owner "$2")"
    DATABASE_URL="$where" "$BINARY" seed-demo --password-file "$WORK/password" >>"$WORK/seed.log" 2>&1
    DATABASE_URL="$where" "$BINARY" migrate --grant-to clinic_server >>"$WORK/seed.log" 2>&1
}

# wait_ready pid: until the server of $BASE takes requests.
wait_ready() {
    local tries=0
    until curl -fsS -o /dev/null "$BASE/ready" 2>/dev/null; do
        kill -0 "$1" 2>/dev/null || die "the server ended: $(tail -n 3 "$WORK/server.log")"
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || die "no server is ready at $BASE within a minute"
        sleep 0.1
    done
}

# serve database-url [flag…]: starts a server; sets SERVER and BASE.
serve() {
    local port where="$1"
    shift
    port="$(free_port)"
    BASE="http://127.0.0.1:$port"
    ADDR="127.0.0.1:$port" DATABASE_URL="$where" "$BINARY" serve --no-migrate "$@" >>"$WORK/server.log" 2>&1 &
    SERVER=$!
    PROCESSES="$PROCESSES $SERVER"
    wait_ready "$SERVER"
}

# --- requests ---

# ask method path status [body] [header]: sends a request of the account of $TOKEN; sets ANSWER, wants this status.
ask() {
    local method="$1" path="$2" wanted="$3" status
    set -- --silent --show-error --max-time 40 --request "$method" --output "$WORK/answer" --write-out '%{http_code}' \
        --header 'Content-Type: application/json' ${TOKEN:+--header "Authorization: Bearer $TOKEN"} \
        ${4:+--data "$4"} ${5:+--header "$5"}
    status="$(curl "$@" "$BASE$path")" || die "$method $path: no answer"
    ANSWER="$(cat "$WORK/answer")"
    [ "$status" = "$wanted" ] || die "$method $path: $status instead of $wanted: $ANSWER"
}

# sign_in login [password]: sets TOKEN.
sign_in() {
    TOKEN=''
    ask POST /api/login 200 "{\"email\":\"$1\",\"password\":\"${2:-$PASSWORD}\"}"
    TOKEN="$(json .token <<<"$ANSWER")"
}

# free_slot [skip]: the first bookable time of the next weeks, or one after it, as the fields of a booking.
free_slot() {
    ask GET "/api/slots?days=21&type=consultation" 200
    # shellcheck disable=SC2016 # a dollar sign of JavaScript is meant
    node -e '
        const slots = JSON.parse(require("node:fs").readFileSync(0, "utf8")).flatMap((day) => day.slots);
        const soonest = Date.now() + 48 * 3600 * 1000;
        const { doctorId, start } = slots.filter((slot) => Date.parse(slot.start) > soonest)[Number(process.argv[1])];
        console.log(`"doctorId":${doctorId},"start":"${start}","visitType":"consultation"`);
    ' "${1:-0}" <<<"$ANSWER"
}

# --- what a database holds ---

# contents cluster database: one line for each table, with its rows and a hash over all of them in an order of their own.
# The counts of rows may be summed up at any time: they are taken as sums.
contents() {
    sql "$1" healthcare "$2" <<'SQL'
SELECT format(
    'SELECT %L, count(*), coalesce(md5(string_agg(md5(row), '''' ORDER BY row COLLATE "C")), ''-'') FROM (%s) AS rows (row)',
    relname,
    CASE relname
        WHEN 'totals' THEN 'SELECT kind || sum(amount) FROM totals GROUP BY kind'
        ELSE format('SELECT it::text FROM %I AS it', relname)
    END)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
\gexec
SQL
}

# sequences cluster database: the last value of each.
sequences() {
    sql "$1" healthcare "$2" \
        "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public' ORDER BY sequencename"
}

# broken_links cluster database: events of the audit log that do not follow from the one before.
broken_links() {
    sql "$1" healthcare "$2" <<'SQL'
SELECT count(*) FROM (
    SELECT seq, body, prev, hash, row_number() OVER (ORDER BY seq) AS place, lag(hash) OVER (ORDER BY seq) AS before
    FROM audit_events
) AS chain
WHERE hash <> encode(sha256(convert_to(prev || body, 'UTF8')), 'hex')
    OR prev <> coalesce(before, repeat('0', 64)) OR seq <> place
SQL
}
