-- Who may get in, beside accounts and sessions: tries at passwords, one-time links, emergency access to a record, proxies.
-- Only adds: the version before goes on beside this one.

CREATE TABLE access_entries (
    id uuid CONSTRAINT access_entries_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT access_entries_version CHECK (version > 0),
    kind text COLLATE "C" NOT NULL CONSTRAINT access_entries_kind CHECK (kind IN ('attempts', 'link', 'emergency', 'proxy')),
    user_id bigint CONSTRAINT access_user_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    patient_id uuid CONSTRAINT access_patient_exists REFERENCES patients DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    awaits_review boolean NOT NULL,
    forgettable boolean NOT NULL,
    doc jsonb NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX access_entries_by_start ON access_entries (created_at, id);
CREATE INDEX access_entries_by_user ON access_entries (user_id, created_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX access_entries_by_patient ON access_entries (patient_id, created_at, id) WHERE patient_id IS NOT NULL;
CREATE INDEX access_entries_awaiting_review ON access_entries (created_at, id) WHERE awaits_review;
CREATE INDEX access_entries_by_end ON access_entries (expires_at) WHERE forgettable;

CREATE OR REPLACE FUNCTION forget_expired() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    answers bigint;
    marks bigint;
    entries bigint;
BEGIN
    DELETE FROM answered_requests WHERE id IN (
        SELECT id FROM answered_requests
        WHERE answered_at <= least((SELECT max(answered_at) FROM answered_requests), clock_timestamp()) - interval '24 hours'
        ORDER BY answered_at LIMIT 10000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS answers = ROW_COUNT;
    DELETE FROM committed_units WHERE id IN (
        SELECT id FROM committed_units WHERE committed_at <= clock_timestamp() - interval '1 hour'
        ORDER BY committed_at LIMIT 10000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS marks = ROW_COUNT;
    -- A day later, so that a clock that is a little ahead takes nothing away that somebody still asks for.
    DELETE FROM access_entries WHERE id IN (
        SELECT id FROM access_entries
        WHERE forgettable AND expires_at <= least((SELECT max(created_at) FROM access_entries), clock_timestamp()) - interval '24 hours'
        ORDER BY expires_at LIMIT 10000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS entries = ROW_COUNT;
    RETURN greatest(answers, marks, entries);
END $$;

CREATE OR REPLACE FUNCTION grant_to_server(server name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    home text := quote_ident((SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = 'users'::regclass));
    role text := quote_ident(server);
BEGIN
    EXECUTE 'GRANT USAGE ON SCHEMA ' || home || ' TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT, UPDATE ON users, sessions, access_entries, patients, schedules, appointments, medical_records, billings, counters, answered_requests TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT, DELETE ON payments TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT ON committed_units TO ' || role;
    EXECUTE 'GRANT SELECT, UPDATE ON turnstile TO ' || role;
    EXECUTE 'GRANT SELECT ON totals, compatibility, moves, audit_events, _sqlx_migrations TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT ON audit_arrivals TO ' || role;
    EXECUTE 'GRANT USAGE, SELECT ON user_ids, appointment_ids, medical_record_ids, billing_ids, mrn_serials TO ' || role;
    EXECUTE 'GRANT EXECUTE ON FUNCTION chain_audit_events(integer), sum_up_totals(), forget_expired() TO ' || role;
END $$;
DO $$
DECLARE
    function regprocedure;
BEGIN
    FOREACH function IN ARRAY ARRAY['forget_expired()', 'grant_to_server(name)']::regprocedure[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', function, current_schema());
    END LOOP;
END $$;
