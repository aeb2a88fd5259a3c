#!/usr/bin/env bash
# Kills the database again and again while bookers book at two servers, then lets its disk fill up, and counts: every
# booking that was acknowledged is there exactly once, and the servers go on by themselves.
#   scripts/postgres-faults.sh
#   KILLS=50 PARTS=killed scripts/postgres-faults.sh
# The full disk needs a small volume, which only root can mount; without that this part is refused, not passed over.
set -euo pipefail
# shellcheck source=scripts/postgres-trial.sh
source "$(dirname "${BASH_SOURCE[0]}")/postgres-trial.sh"

export PG_DURABLE=true
KILLS="${KILLS:-10}"
BOOKERS="${BOOKERS:-8}"

# visit_date days: a day so far ahead; each server has one of its own, so that their bookers never meet.
visit_date() { node -p "new Date(Date.now() + $1 * 86400000).toISOString().slice(0, 10)"; }

# book name days: bookers at the server of $BASE until they are told to stop; sets LOAD.
book() {
    : >"$WORK/$1.acknowledged"
    node scripts/failover/bookers.mjs "$BASE" "$TOKEN" "$(visit_date "$2")" "$BOOKERS" "$WORK/$1.acknowledged" \
        >"$WORK/$1.report" 2>"$WORK/$1.log" &
    LOAD=$!
    PROCESSES="$PROCESSES $LOAD"
}

# done_booking name load: ends them; nothing but what may be tried again may have been refused.
done_booking() {
    kill "$2"
    wait "$2" || die "the bookers failed: $(tail -n 3 "$WORK/$1.log")"
    [ "$(json .fatal <"$WORK/$1.report")" = null ] || die "a booking was refused: $(json .fatal <"$WORK/$1.report")"
}

acknowledged() { cat "$WORK"/*.acknowledged | wc -l | tr -d ' '; }

# kill_database cluster: all its processes at once, as a machine that loses its power but not its disk.
kill_database() {
    local first process all
    first="$(head -n 1 "$WORK/$1/data/postmaster.pid")"
    all="$first $(pgrep -P "$first" | tr '\n' ' ')"
    for process in $all; do kill -KILL "$process" 2>/dev/null || true; done
    for process in $all; do
        while kill -0 "$process" 2>/dev/null; do sleep 0.05; done
    done
}

# judge cluster: what it holds of what was acknowledged.
judge() {
    until [ "$(sql "$1" healthcare clinic 'SELECT count(*) FROM audit_arrivals')" = 0 ]; do sleep 0.1; done
    sql "$1" healthcare clinic "SELECT id FROM appointments WHERE doctor LIKE ':failover %'" | sort >"$WORK/stored"
    cut -d '|' -f 2 "$WORK"/*.acknowledged | sort >"$WORK/told"
    same 'acknowledged bookings that are lost' 0 "$(comm -23 "$WORK/told" "$WORK/stored" | wc -l | tr -d ' ')"
    same 'bookings that were done twice' 0 "$(sql "$1" healthcare clinic "SELECT count(*) - count(DISTINCT (doctor, starts_at))
        FROM appointments WHERE doctor LIKE ':failover %'")"
    same 'audit events of bookings' "$(wc -l <"$WORK/stored" | tr -d ' ')" "$(sql "$1" healthcare clinic "SELECT count(*)
        FROM audit_events WHERE action = 'book-appointment' AND outcome = 'success' AND body::jsonb ->> 'subject' = 'new appointment'")"
    same 'broken links of the audit log' 0 "$(broken_links "$1" clinic)"
}

killed() {
    local first second before one two turn
    cluster main
    on main pg_start
    two_roles main clinic
    seed main clinic
    serve "$(address main clinic_server clinic)"
    one="$SERVER"
    sign_in grace.hall
    book first 30
    first="$LOAD"
    serve "$(address main clinic_server clinic)"
    two="$SERVER"
    book second 31
    second="$LOAD"
    for turn in $(seq "$KILLS"); do
        before="$(acknowledged)"
        kill_database main
        on main pg_start
        # Bookings go on before it is killed again.
        until [ "$(acknowledged)" -gt "$((before + 50))" ]; do
            if ! kill -0 "$one" || ! kill -0 "$two"; then die "a server ended after kill $turn"; fi
            sleep 0.1
        done
    done
    done_booking first "$first"
    done_booking second "$second"
    judge main
    proved "$KILLS times kill -9 of the database under two servers: $(acknowledged) bookings acknowledged, none lost, none done" \
        "twice, each with its audit event; refusals $(json '.refusals' <"$WORK/first.report" | tr -d '\n')" \
        "$(json '.refusals' <"$WORK/second.report" | tr -d '\n'); commits in doubt that were cleared up:" \
        "$(grep -c 'while a unit of work was being committed' "$WORK/server.log" || true)"
    stop "$one"
    stop "$two"
    on main pg_stop
}

full() {
    local load before tries=0
    [ "$(id -u)" = 0 ] || die 'the full disk needs root, for a volume of its own'
    rm -f "$WORK"/*.acknowledged
    cluster small
    mount -t tmpfs -o size=600m tmpfs "$WORK/small"
    trap 'on small pg_stop; umount -l "$WORK/small"; clean_up' EXIT
    chown postgres "$WORK/small"
    export PG_OPTIONS=$'max_wal_size = 64MB\nmin_wal_size = 32MB\nshared_buffers = 64MB'
    on small pg_start
    two_roles small clinic
    seed small clinic
    serve "$(address small clinic_server clinic)"
    sign_in grace.hall
    book third 32
    load="$LOAD"
    until [ "$(acknowledged)" -gt 50 ]; do sleep 0.1; done
    dd if=/dev/zero of="$WORK/small/ballast" bs=1M 2>/dev/null || true
    sleep 5
    before="$(acknowledged)"
    sleep 5
    proved "a full disk: $before bookings acknowledged, $(($(acknowledged) - before)) in the next 5 s;" \
        "/health answers $(curl -s -o /dev/null -w '%{http_code}' "$BASE/health")," \
        "/ready $(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$BASE/ready")"
    rm "$WORK/small/ballast"
    # A database that found no room for its log has ended: that is for whoever runs it.
    on small as_server "$PG_BIN/pg_ctl" --pgdata "$WORK/small/data" status >/dev/null || on small pg_start
    before="$(acknowledged)"
    until [ "$(acknowledged)" -gt "$((before + 50))" ]; do
        kill -0 "$SERVER" || die 'the server ended'
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || die 'no bookings a minute after there was room again'
        sleep 0.1
    done
    done_booking third "$load"
    judge small
    proved "with room again the server goes on by itself: $(acknowledged) bookings acknowledged, none lost, none done twice;" \
        "refusals $(json '.refusals' <"$WORK/third.report" | tr -d '\n')"
}

cd "$ROOT"
ensure_trial
for part in ${PARTS:-killed full}; do "$part"; done
