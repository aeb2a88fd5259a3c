#!/usr/bin/env bash
# Rehearses on throw-away servers what docs/postgresql.md says of roles, backups and restores, and prints what it showed:
# a server works with the least-privilege role and cannot do more; a dump gives the same database again; a base backup
# with archived WAL gives it as it was at a moment of one's choice.
#   scripts/postgres-rehearsal.sh
#   HEALTHCARE_BIN=target/debug/healthcare scripts/postgres-rehearsal.sh
set -euo pipefail
# shellcheck source=scripts/postgres-trial.sh
source "$(dirname "${BASH_SOURCE[0]}")/postgres-trial.sh"

export PG_DURABLE=true

# refused role what statement: the database refuses it, and says so for want of rights.
refused() {
    local said
    if said="$(sql main "$1" clinic "$3" 2>&1)"; then die "$1 may $2"; fi
    case "$said" in
        *'permission denied'* | *'must be owner'* | *'can only be added to'*) ;;
        *) die "$2 as $1: $said" ;;
    esac
}

# What hides a table of the audit log from the functions that run with the rights of the owner would run with them too.
disguise() {
    sql main healthcare postgres 'GRANT TEMPORARY ON DATABASE clinic TO clinic_server'
    sql main clinic_server clinic <<'SQL' >/dev/null 2>&1 || true
CREATE TEMPORARY TABLE audit_arrivals (LIKE public.audit_arrivals);
GRANT ALL ON audit_arrivals TO PUBLIC;
INSERT INTO audit_arrivals (arrival, body, at, action, outcome) VALUES (1, '{}', now(), 'none', 'none');
CREATE FUNCTION pg_temp.seize() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    GRANT UPDATE ON public.audit_events TO clinic_server;
    RETURN NULL;
END $$;
CREATE TRIGGER seize BEFORE DELETE ON audit_arrivals FOR EACH ROW EXECUTE FUNCTION pg_temp.seize();
SELECT public.chain_audit_events(1);
SQL
    same 'the role of the server may change the audit log through a table in disguise' f \
        "$(sql main healthcare clinic "SELECT has_table_privilege('clinic_server', 'audit_events', 'UPDATE')")"
    sql main healthcare postgres 'REVOKE TEMPORARY ON DATABASE clinic FROM clinic_server'
}

rights() {
    local one
    refused clinic_server 'change the audit log' "UPDATE audit_events SET body = '{}'"
    refused clinic_server 'remove from the audit log' 'DELETE FROM audit_events'
    refused clinic_server 'empty the audit log' 'TRUNCATE audit_events'
    refused clinic_server 'write into the audit log past the chain' \
        "INSERT INTO audit_events VALUES (0, '{}', '', '', now(), NULL, NULL, 'none', 'none')"
    refused clinic_server 'change what arrived' "UPDATE audit_arrivals SET body = '{}'"
    refused clinic_server 'remove what arrived' 'DELETE FROM audit_arrivals'
    refused clinic_owner 'change the audit log' "UPDATE audit_events SET body = '{}'"
    refused clinic_owner 'remove from the audit log' 'DELETE FROM audit_events'
    refused clinic_owner 'empty the audit log' 'TRUNCATE audit_events'
    for one in users sessions patients schedules appointments medical_records billings counters answered_requests; do
        refused clinic_server "remove from $one" "DELETE FROM $one"
    done
    refused clinic_server 'make a table' 'CREATE TABLE mine (id bigint)'
    refused clinic_server 'make a temporary table' 'CREATE TEMPORARY TABLE mine (id bigint)'
    refused clinic_server 'change a table' 'ALTER TABLE users ADD COLUMN mine text'
    refused clinic_server 'drop a constraint' 'ALTER TABLE appointments DROP CONSTRAINT doctor_overlap'
    refused clinic_server 'stop a trigger' 'ALTER TABLE audit_events DISABLE TRIGGER append_only'
    refused clinic_server 'drop a table' 'DROP TABLE payments'
    refused clinic_server 'make an index' 'CREATE INDEX mine ON users (version)'
    refused clinic_server 'give itself rights' "SELECT grant_to_server('clinic_server')"
    disguise
}

# book skip: books the first free time but so many; prints the number of the appointment.
book() {
    local slot patient
    slot="$(free_slot "$1")"
    ask GET '/api/patients?limit=1' 200
    patient="$(json '[0].id' <<<"$ANSWER")"
    ask POST /api/appointments 201 "{\"patientId\":\"$patient\",$slot}"
    json .id <<<"$ANSWER"
}

# booked cluster id…: whether each of these appointments is there, as t or f.
booked() {
    local cluster="$1" id
    shift
    for id in "$@"; do
        sql "$cluster" healthcare clinic "SELECT EXISTS (SELECT FROM appointments WHERE id = $id)"
    done | paste -sd ' ' -
}

# quiet: ends the server, so that nothing changes while two databases are compared.
quiet() {
    stop "$SERVER"
    same 'events without a place after a clean stop' 0 "$(sql main healthcare clinic 'SELECT count(*) FROM audit_arrivals')"
}

# compare what cluster: this one holds what was noted of the first one.
compare() {
    contents "$2" clinic >"$WORK/$2.contents"
    diff "$WORK/main.contents" "$WORK/$2.contents" >&2 || die "$1: the databases differ"
    same "$1: broken links of the audit log" 0 "$(broken_links "$2" clinic)"
}

# note: remembers what the first database holds.
note() {
    contents main clinic >"$WORK/main.contents"
    sequences main clinic >"$WORK/main.sequences"
    TABLES="$(wc -l <"$WORK/main.contents" | tr -d ' ')"
    ROWS="$(awk -F '|' '{ sum += $2 } END { print sum }' "$WORK/main.contents")"
    EVENTS="$(sql main healthcare clinic 'SELECT count(*) FROM audit_events')"
}

# A comparison that never objects is worth nothing.
controls() {
    contents copy clinic >"$WORK/copy.untouched"
    sql copy healthcare clinic <<'SQL'
ALTER TABLE audit_events DISABLE TRIGGER append_only;
UPDATE audit_events SET body = replace(body, '"success"', '"refused"') WHERE seq = 100;
ALTER TABLE audit_events ENABLE TRIGGER append_only;
SQL
    same 'broken links after one event was changed' 1 "$(broken_links copy clinic)"
    sql copy healthcare clinic "UPDATE appointments SET doc = doc || '{\"reason\":\"changed\"}' WHERE id = 1"
    contents copy clinic >"$WORK/copy.contents"
    same 'tables that differ after two were changed' 2 \
        "$(diff "$WORK/copy.untouched" "$WORK/copy.contents" | grep -c '^>')"
}

# archived file: waits until the server has copied this segment of the WAL.
archived() {
    local tries=0
    until [ -f "$WORK/main/archive/$1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || die "the WAL was not archived: $1"
        sleep 0.1
    done
}

# restore_until time: a third server out of the base backup and the archive, as everything was at that time.
restore_until() {
    cluster past
    as_server cp -R "$WORK/main/base" "$WORK/past/data"
    as_server touch "$WORK/past/data/recovery.signal"
    PG_OPTIONS="restore_command = 'cp $WORK/main/archive/%f %p'
recovery_target_time = '$1'
recovery_target_action = promote" on past pg_start
    until [ "$(sql past healthcare postgres 'SELECT pg_is_in_recovery()')" = f ]; do sleep 0.1; done
}

ensure_trial
say 'a durable server that archives its WAL'
cluster main
PG_OPTIONS="wal_level = replica
archive_mode = on
archive_command = 'test ! -f $WORK/main/archive/%f && cp %p $WORK/main/archive/%f'" on main pg_start
as_server mkdir "$WORK/main/archive"
proved "PostgreSQL $(sql main healthcare postgres 'SHOW server_version') with fsync $(sql main healthcare postgres 'SHOW fsync')"

two_roles main clinic
seed main clinic
note
proved "the demonstration clinic: $ROWS rows in $TABLES tables, $EVENTS events in the audit log"

rights
proved 'the role of the server can neither change the audit log, nor remove an object, nor run DDL; nor can the owner change the log'

serve "$(address main clinic_server clinic)"
sign_in grace.hall
FIRST="$(book 0)"
same 'the booking is in the database' t "$(booked main "$FIRST")"
proved 'a server runs with that role: signed in and booked over the API'

quiet
note
on main as_server "$PG_BIN/pg_dump" --format custom --file "$WORK/main/clinic.dump" "$(address main healthcare clinic)"
SIZE="$(du -k "$WORK/main/clinic.dump" | cut -f1)"
proved "pg_dump: $ROWS rows in $SIZE KiB"
cluster copy
on copy pg_start
sql copy healthcare postgres 'CREATE ROLE clinic_owner LOGIN; CREATE ROLE clinic_server LOGIN'
sql copy healthcare postgres 'CREATE DATABASE clinic OWNER clinic_owner'
on copy as_server "$PG_BIN/pg_restore" --exit-on-error --dbname "$(address copy healthcare clinic)" "$WORK/main/clinic.dump"
compare 'the dump' copy
sequences copy clinic | diff "$WORK/main.sequences" - >&2 || die 'the dump: the sequences differ'
proved "pg_restore on another server: $TABLES tables of the same rows and hashes, the same sequences, $EVENTS events link"
serve "$(address copy clinic_server clinic)"
sign_in grace.hall
ask GET "/api/appointments/$FIRST" 200
stop "$SERVER"
controls
proved 'a server runs on the copy; one changed event and one changed object in it are both noticed'
on copy pg_stop

serve "$(address main clinic_server clinic)"
on main as_server "$PG_BIN/pg_basebackup" --pgdata "$WORK/main/base" --checkpoint fast --dbname "$(address main healthcare postgres)"
on main as_server "$PG_BIN/pg_verifybackup" --quiet "$WORK/main/base"
proved "pg_basebackup while the server runs, verified: $(($(du -sk "$WORK/main/base" | cut -f1) / 1024)) MiB"
sign_in grace.hall
BEFORE="$(book 0)"
quiet
note
MOMENT="$(sql main healthcare postgres 'SELECT clock_timestamp()')"
serve "$(address main clinic_server clinic)"
sign_in grace.hall
AFTER="$(book 0)"
SEGMENT="$(sql main healthcare postgres 'SELECT pg_walfile_name(pg_switch_wal())')"
archived "$SEGMENT"
proved 'one booking before the moment, one after it, the WAL archived'
stop "$SERVER"
restore_until "$MOMENT"
same 'bookings from before the backup, before the moment, after it' 't t f' "$(booked past "$FIRST" "$BEFORE" "$AFTER")"
compare 'the moment' past
# After a recovery a sequence goes on up to 32 numbers later: ids may have gaps.
sequences past clinic | paste -d '|' "$WORK/main.sequences" - |
    awk -F '|' '$4 < $2 || $4 > $2 + 33 { exit 1 }' || die 'the moment: a sequence went back'
proved "restored to $MOMENT: $TABLES tables of the same rows and hashes, $EVENTS events link, the later booking is not there"
serve "$(address past clinic_server clinic)"
sign_in grace.hall
LAST="$(book 0)"
same 'the booking is in the restored database' t "$(booked past "$LAST")"
proved 'a server runs on the restored database: signed in and booked'
say 'rehearsed: roles, dump and restore, base backup and point-in-time recovery'
