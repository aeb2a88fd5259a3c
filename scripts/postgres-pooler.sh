#!/usr/bin/env bash
# Runs two servers through pgbouncer in transaction mode, with fewer connections to the database than each of them would
# take alone: a journey over the API, a crowd at one time of day, and the contract of the old system.
#   scripts/postgres-pooler.sh
set -euo pipefail
# shellcheck source=scripts/postgres-trial.sh
source "$(dirname "${BASH_SOURCE[0]}")/postgres-trial.sh"

# What all servers together may have open at the database.
POOLED=6
CROWD=24

# pooler: starts pgbouncer before the database, as docs/postgresql.md sets it up.
pooler() {
    free_port >"$WORK/pooler.port"
    mkdir "$WORK/pooler"
    if [ "$(id -u)" = 0 ]; then chown postgres "$WORK/pooler"; fi
    printf '"clinic_server" ""\n"watcher" ""\n' >"$WORK/pooler/users.txt"
    cat >"$WORK/pooler/pgbouncer.ini" <<INI
[databases]
clinic = host=127.0.0.1 port=$(port_of main) dbname=clinic

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $(port_of pooler)
unix_socket_dir =
pidfile = $WORK/pooler/pid
logfile = $WORK/pooler/log
auth_type = trust
auth_file = $WORK/pooler/users.txt
stats_users = watcher
pool_mode = transaction
default_pool_size = $POOLED
max_client_conn = 200
query_wait_timeout = 10
INI
    # pgbouncer refuses to run as root.
    as_server pgbouncer --quiet --daemon "$WORK/pooler/pgbouncer.ini" || die 'pgbouncer did not start'
    local tries=0
    until sql pooler clinic_server clinic 'SELECT' >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || die 'pgbouncer does not answer'
        sleep 0.1
    done
    PROCESSES="$PROCESSES $(cat "$WORK/pooler/pid")"
}

# pooled column: a figure of the pooler about the clinic's database.
pooled() {
    local where
    where="$(address pooler watcher pgbouncer)"
    "$PG_BIN/psql" --no-psqlrc --no-align --command "SHOW $1" "$where" |
        awk -F '|' -v column="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i }
            $1 == "clinic" { sum += $at } END { print sum + 0 }'
}

journey() {
    local name="pooler$RANDOM" slot appointment
    TOKEN=''
    ask POST /api/signup 201 "{\"username\":\"$name\",\"email\":\"$name@example.org\",\"password\":\"green boots walk 4\",
        \"givenName\":\"Pooler\",\"familyName\":\"Trial\",\"birthDate\":\"1985-03-27\"}"
    sign_in "$name@example.org" 'green boots walk 4'
    slot="$(free_slot 0)"
    ask POST /api/appointments 201 "{$slot}" 'Idempotency-Key: "first-booking"'
    appointment="$(json .id <<<"$ANSWER")"
    ask POST /api/appointments 201 "{$slot}" 'Idempotency-Key: "first-booking"'
    same 'the appointment of a repeated request' "$appointment" "$(json .id <<<"$ANSWER")"
    ask POST /api/appointments 409 "{$slot}"
    ask GET "/api/appointments/$appointment" 200
    ask POST "/api/appointments/$appointment/cancellation" 200 '{"reason":"Better again"}' 'If-Match: "1"'
    same 'the status' cancelled-by-patient "$(json .status <<<"$ANSWER")"
    ask GET /api/billings 200
    ask DELETE /api/session 204
    ask GET /api/session 401
}

# blocked: a table is locked for longer than a statement may take; the answer is 503, and not late.
blocked() {
    local started
    sign_in grace.hall
    sql main healthcare clinic 'BEGIN; LOCK TABLE appointments IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(8)' >"$WORK/lock.log" 2>&1 &
    PROCESSES="$PROCESSES $!"
    sleep 0.5
    started="$(millis)"
    ask GET '/api/appointments?limit=1' 503
    BLOCKED="$(calc %.1f "($(millis) - $started) / 1000")"
    [ "$(calc %d "$BLOCKED < 6")" = 1 ] || die "503 only after $BLOCKED s"
    wait "$!"
}

# crowd: many ask for one time at once, of both servers in turn; prints how often each status came.
crowd() {
    local slot patients
    sign_in grace.hall
    slot="$(free_slot 5)"
    ask GET "/api/patients?limit=$CROWD" 200
    patients="$(json '.map((it) => it.id).join(" ")' <<<"$ANSWER")"
    local turn=0 patient server
    for patient in $patients; do
        turn=$((turn + 1))
        server="$BASE"
        if [ $((turn % 2)) = 0 ]; then server="$OTHER"; fi
        printf '%s/api/appointments\0-d{"patientId":"%s",%s}\0' "$server" "$patient" "$slot"
    done >"$WORK/crowd"
    xargs -0 -n 2 -P "$CROWD" curl --silent --max-time 40 --output /dev/null --write-out '%{http_code}\n' \
        --header 'Content-Type: application/json' --header "Authorization: Bearer $TOKEN" --url <"$WORK/crowd" >"$WORK/crowd.codes"
    sort "$WORK/crowd.codes" | uniq -c | awk '{ printf "%s%s x %s", (NR > 1 ? ", " : ""), $1, $2 }'
}

ensure_pgbouncer
ensure_trial
cluster main
on main pg_start
two_roles main clinic
seed main clinic
pooler
proved "$(pgbouncer --version | head -n 1) in transaction mode, at most $POOLED connections to the database"

export DATABASE_POOLER=true DATABASE_STATEMENT_MS=2000
serve "$(address pooler clinic_server clinic)"
OTHER="$BASE"
serve "$(address pooler clinic_server clinic)"
ask GET /ready 200
same 'the kind of storage' postgresql "$(json .storage <<<"$ANSWER")"
proved 'two servers are ready behind it'
journey
proved 'signed up, signed in, booked once under a key sent twice, refused the same time, cancelled, listed bills, signed out'
CODES="$(crowd)"
same "$CROWD requests for one time" "1 x 201, $((CROWD - 1)) x 409" "$CODES"
proved "$CROWD requests at once for one time: $CODES"
blocked
proved "a statement that may take 2 s and is blocked for longer is refused after $BLOCKED s"
BASE_URL="$BASE" ADMIN_LOGIN=olivia.bennett ADMIN_PASSWORD="$PASSWORD" STORAGE=postgresql \
    bash "$ROOT/tests/legacy-contract.sh" >"$WORK/contract.log"
proved "the contract of the old system: $(grep -c '^ok' "$WORK/contract.log") requests answered as expected"
USED="$(sql main healthcare postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = 'clinic' AND usename = 'clinic_server'")"
[ "$USED" -le "$POOLED" ] || die "$USED connections to the database instead of at most $POOLED"
proved "$(pooled STATS total_xact_count) transactions of $(pooled POOLS cl_active) open connections went through $USED to the database"
# What was blocked is complained of, and nothing else.
if grep -E '"level":"(ERROR|WARN)"' "$WORK/server.log" | grep -vE '503 Service Unavailable|slow statement' >&2; then
    die 'a server complained'
fi
same 'refusals with 503' 1 "$(grep -c '503 Service Unavailable' "$WORK/server.log")"
same 'broken links of the audit log' 0 "$(broken_links main clinic)"
say 'through the pooler everything is as without it'
