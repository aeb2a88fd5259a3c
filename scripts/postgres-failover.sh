#!/usr/bin/env bash
# Loses the primary while bookers book, promotes its synchronous standby, and counts: every booking that was acknowledged is
# there exactly once, and the server goes on by itself.
#   scripts/postgres-failover.sh
#   FAILURE=silence scripts/postgres-failover.sh    the primary does not die but stops answering, as a machine that is cut off
set -euo pipefail
# shellcheck source=scripts/postgres-trial.sh
source "$(dirname "${BASH_SOURCE[0]}")/postgres-trial.sh"

export PG_DURABLE=true
FAILURE="${FAILURE:-kill}"
BOOKERS="${BOOKERS:-8}"
# Seconds of load before the failure, between it and the promotion, and after the server is ready again.
BEFORE="${BEFORE:-6}"
AWAY="${AWAY:-12}"
AFTER="${AFTER:-6}"
VISIT_DATE="$(node -p 'new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10)')"

# standby: a second server that has all of the first one, and must have each commit before it is acknowledged.
standby() {
    cluster standby
    on standby as_server "$PG_BIN/pg_basebackup" --pgdata "$WORK/standby/data" --checkpoint fast --write-recovery-conf \
        --dbname "$(address main healthcare postgres)"
    # Its own settings, not those of the primary: promoted, it must not wait for a standby that it does not have.
    PG_OPTIONS="primary_conninfo = 'host=127.0.0.1 port=$(port_of main) user=healthcare application_name=standby'" \
        on standby pg_start
    sql main healthcare postgres "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)'"
    sql main healthcare postgres 'SELECT pg_reload_conf()' >/dev/null
    until [ "$(sql main healthcare postgres 'SELECT sync_state FROM pg_stat_replication')" = sync ]; do sleep 0.1; done
}

# switch: an address that can be pointed at either of them.
switch() {
    free_port >"$WORK/switch.port"
    port_of main >"$WORK/primary"
    node scripts/failover/forward.mjs "$(port_of switch)" "$WORK/primary" >"$WORK/switch.log" 2>&1 &
    PROCESSES="$PROCESSES $!"
    until sql switch clinic_server clinic 'SELECT' >/dev/null 2>&1; do sleep 0.1; done
}

# processes_of cluster: the numbers of all its processes.
processes_of() {
    local first
    first="$(head -n 1 "$WORK/$1/data/postmaster.pid")"
    printf '%s\n' "$first"
    pgrep -P "$first" || true
}

# lose signal: sends it to all processes of the primary, as they were when it was lost.
LOST=''
lose() {
    local process
    for process in $LOST; do kill "-$1" "$process" 2>/dev/null || true; done
}

# What was stopped and not killed must not outlive the trial.
at_end() { lose KILL; }

# report path: a value of what the bookers said.
report() { json "$1" <"$WORK/report"; }

# since status after: seconds from a moment to the first time that the server said this.
since() {
    report ".ready.filter((it) => it.status === $1 && it.at > $2).map((it) => ((it.at - $2) / 1000).toFixed(1))[0] ?? 'never'"
}

# judge: what the new primary holds of what was acknowledged. A doctor of his own for each booking tells them apart.
judge() {
    until [ "$(sql standby healthcare clinic 'SELECT count(*) FROM audit_arrivals')" = 0 ]; do sleep 0.1; done
    sql standby healthcare clinic "SELECT replace(doctor, ':failover ', ''), id FROM appointments WHERE doctor LIKE ':failover %'" |
        sort >"$WORK/stored"
    same 'acknowledged bookings that are lost' 0 "$(sort "$WORK/acknowledged" | comm -23 - "$WORK/stored" | wc -l | tr -d ' ')"
    same 'bookings that were done twice' 0 "$(cut -d '|' -f 1 "$WORK/stored" | uniq -d | wc -l | tr -d ' ')"
    # Such an event does not know the number of its appointment: there must be as many as bookings.
    same 'audit events of bookings' "$(wc -l <"$WORK/stored" | tr -d ' ')" "$(sql standby healthcare clinic "SELECT count(*)
        FROM audit_events WHERE action = 'book-appointment' AND outcome = 'success' AND body::jsonb ->> 'subject' = 'new appointment'")"
    same 'broken links of the audit log' 0 "$(broken_links standby clinic)"
}

cd "$ROOT"
ensure_trial
cluster main
on main pg_start
two_roles main clinic
seed main clinic
standby
proved "a primary and a standby that is $(sql main healthcare postgres "SELECT sync_state || ', ' || state FROM pg_stat_replication")"
switch
serve "$(address switch clinic_server clinic)"
sign_in grace.hall
: >"$WORK/acknowledged"
node scripts/failover/bookers.mjs "$BASE" "$TOKEN" "$VISIT_DATE" "$BOOKERS" "$WORK/acknowledged" >"$WORK/report" 2>"$WORK/bookers.log" &
LOAD=$!
PROCESSES="$PROCESSES $LOAD"
sleep "$BEFORE"
EARLY="$(wc -l <"$WORK/acknowledged" | tr -d ' ')"
[ "$EARLY" -gt 0 ] || die 'no booking before the failure'
proved "$EARLY bookings acknowledged with $BOOKERS bookers"

LOST="$(processes_of main)"
FAILED="$(millis)"
case "$FAILURE" in
    kill) lose KILL ;;
    silence) lose STOP ;;
    *) die "FAILURE is kill or silence, not $FAILURE" ;;
esac
sleep "$AWAY"
on standby as_server "$PG_BIN/pg_ctl" --pgdata "$WORK/standby/data" --wait promote >/dev/null
PROMOTED="$(millis)"
port_of standby >"$WORK/primary"
proved "the primary failed ($FAILURE), the standby was promoted after $AWAY s, the address leads to it"

tries=0
until curl -fsS -o /dev/null --max-time 2 "$BASE/ready" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || die 'the server is not ready within a minute of the promotion'
    sleep 0.1
done
sleep "$AFTER"
LATE="$(wc -l <"$WORK/acknowledged" | tr -d ' ')"
kill "$LOAD"
wait "$LOAD" || die "the bookers failed: $(tail -n 3 "$WORK/bookers.log")"
kill -0 "$SERVER" 2>/dev/null || die 'the server ended'
[ "$(report .fatal)" = null ] || die "a booking was refused: $(report .fatal)"
TOTAL="$(wc -l <"$WORK/acknowledged" | tr -d ' ')"
[ "$LATE" -gt "$EARLY" ] || die 'no booking after the promotion'
proved "the server, never restarted: not ready $(since 503 "$FAILED") s after the failure, ready $(since 200 "$PROMOTED") s after the promotion"
judge
DOUBTS="$(grep -c 'while a unit of work was being committed' "$WORK/server.log" || true)"
OPEN="$(grep -c 'whether a unit of work is stored could not be found out' "$WORK/server.log" || true)"
proved "$TOTAL bookings acknowledged, $EARLY before the failure: none lost, none done twice, each with its audit event"
proved "$(report .sent) requests: $(report .replayed) answered again under their key, others $(report '.refusals' | tr -d '\n'); commits in doubt: $DOUBTS cleared up by the server, $OPEN left to the key; longest time without an acknowledgement $(report .longestGapMs) ms"
