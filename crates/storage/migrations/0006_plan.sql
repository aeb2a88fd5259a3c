-- What is planned around appointments: the clinic's catalogue, the waiting list, messages to patients, leases. And two states of
-- appointments: held for whoever is about to confirm, which holds its time against others, and not confirmed in time.
-- Programs that do not know these two cannot read them, so they do not go on beside this one.

CREATE TABLE plan_entries (
    id uuid CONSTRAINT plan_entries_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT plan_entries_version CHECK (version > 0),
    kind text COLLATE "C" NOT NULL CONSTRAINT plan_entries_kind CHECK (kind IN ('catalogue', 'waiting', 'message', 'lease')),
    patient_id uuid CONSTRAINT plan_patient_exists REFERENCES patients DEFERRABLE INITIALLY DEFERRED,
    doctor_id bigint CONSTRAINT plan_doctor_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    appointment_id bigint CONSTRAINT plan_appointment_exists REFERENCES appointments DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    kept_until timestamptz,
    doc jsonb NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX plan_entries_by_beginning ON plan_entries (created_at, id);
CREATE INDEX plan_entries_by_patient ON plan_entries (patient_id, created_at, id) WHERE patient_id IS NOT NULL;
CREATE INDEX plan_entries_by_appointment ON plan_entries (appointment_id, created_at, id) WHERE appointment_id IS NOT NULL;
CREATE INDEX plan_entries_by_due ON plan_entries (kind, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX plan_entries_by_end ON plan_entries (kept_until) WHERE kept_until IS NOT NULL;

-- A generated column cannot change what it is generated from: it is made anew with all that hangs on it.
DROP TRIGGER no_tolerated_overlap ON appointments;
DROP TRIGGER no_tolerated_overlap_after_change ON appointments;
ALTER TABLE appointments DROP CONSTRAINT doctor_overlap, DROP CONSTRAINT patient_overlap, DROP CONSTRAINT room_overlap,
    DROP CONSTRAINT appointments_status, DROP COLUMN holds_time;
ALTER TABLE appointments
    ADD CONSTRAINT appointments_status CHECK (status IN ('proposed', 'lapsed', 'booked', 'arrived', 'in-progress', 'fulfilled',
        'no-show', 'cancelled-by-patient', 'cancelled-by-clinic')),
    ADD COLUMN holds_time boolean NOT NULL GENERATED ALWAYS AS
        (status IN ('proposed', 'booked', 'arrived', 'in-progress', 'fulfilled') AND NOT overbooked AND NOT tolerated) STORED;
ALTER TABLE appointments ADD CONSTRAINT doctor_overlap
    EXCLUDE USING gist (hashtextextended(doctor, 0) WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time);
ALTER TABLE appointments ADD CONSTRAINT patient_overlap
    EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time AND patient_id IS NOT NULL);
ALTER TABLE appointments ADD CONSTRAINT room_overlap
    EXCLUDE USING gist (hashtextextended(room, 0) WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time AND room IS NOT NULL);
CREATE OR REPLACE FUNCTION refuse_tolerated_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    SELECT CASE WHEN doctor = NEW.doctor THEN 'doctor_overlap' WHEN patient_id = NEW.patient_id THEN 'patient_overlap'
        ELSE 'room_overlap' END INTO rule
    FROM appointments
    WHERE tolerated AND id <> NEW.id AND status IN ('proposed', 'booked', 'arrived', 'in-progress', 'fulfilled') AND NOT overbooked
        AND starts_at > NEW.starts_at - interval '24 hours' AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at
        AND (doctor = NEW.doctor OR patient_id = NEW.patient_id OR room = NEW.room)
    LIMIT 1;
    -- What a move brings is as it was.
    IF FOUND AND NOT EXISTS (SELECT FROM moves WHERE NOT finished) THEN
        RAISE EXCEPTION 'overlaps a tolerated appointment' USING ERRCODE = 'exclusion_violation', CONSTRAINT = rule;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_tolerated_overlap AFTER INSERT ON appointments FOR EACH ROW WHEN (NEW.holds_time)
    EXECUTE FUNCTION refuse_tolerated_overlap();
CREATE TRIGGER no_tolerated_overlap_after_change AFTER UPDATE ON appointments FOR EACH ROW WHEN (NEW.holds_time AND (NOT OLD.holds_time
    OR (OLD.doctor, OLD.patient_id, OLD.room, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM (NEW.doctor, NEW.patient_id, NEW.room, NEW.starts_at, NEW.ends_at)))
    EXECUTE FUNCTION refuse_tolerated_overlap();

CREATE OR REPLACE FUNCTION forget_expired() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    answers bigint;
    marks bigint;
    entries bigint;
    plans bigint;
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
    DELETE FROM plan_entries WHERE id IN (
        SELECT id FROM plan_entries
        WHERE kept_until <= least((SELECT max(created_at) FROM plan_entries), clock_timestamp()) - interval '24 hours'
        ORDER BY kept_until LIMIT 10000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS plans = ROW_COUNT;
    RETURN greatest(answers, marks, entries, plans);
END $$;

CREATE FUNCTION grant_plan_to_server(server name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'GRANT SELECT, INSERT, UPDATE ON plan_entries TO ' || quote_ident(server);
END $$;
DO $$
DECLARE
    role name;
    function regprocedure;
BEGIN
    FOREACH function IN ARRAY ARRAY['forget_expired()', 'refuse_tolerated_overlap()', 'grant_plan_to_server(name)']::regprocedure[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', function, current_schema());
    END LOOP;
    -- Who has the rights of a server already.
    FOR role IN
        SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS acl JOIN pg_roles ON pg_roles.oid = acl.grantee
        WHERE pg_class.oid = 'audit_arrivals'::regclass AND privilege_type = 'INSERT' AND grantee <> relowner
    LOOP
        EXECUTE 'GRANT SELECT, INSERT, UPDATE ON plan_entries TO ' || quote_ident(role);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION grant_plan_to_server(name) FROM PUBLIC;
UPDATE compatibility SET needs = 6;
