-- The clinic's tables. An object lies in `doc` as the program reads it; the columns beside it are what the database itself
-- needs to find, order and refuse: keys, instants, links, constraints. A constraint's name is that of the rule it keeps.
-- Links are checked when a unit of work ends: within it, what links may come before what it links to.
-- Needs no superuser: both extensions are trusted, so the owner of the database may add them.

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Which versions of the program may work on this schema: a migration that takes something away raises `needs`.
CREATE TABLE compatibility (
    single boolean CONSTRAINT compatibility_id PRIMARY KEY DEFAULT true CHECK (single),
    needs bigint NOT NULL,
    store_id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO compatibility (needs) VALUES (1);

CREATE TABLE users (
    id bigint CONSTRAINT users_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT users_version CHECK (version > 0),
    email text COLLATE "C" NOT NULL,
    username text COLLATE "C" NOT NULL,
    -- False only for accounts of the old system that share an address or a name with an older account.
    finds_by_email boolean NOT NULL DEFAULT true,
    finds_by_username boolean NOT NULL DEFAULT true,
    display_name text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL CONSTRAINT users_role CHECK
        (role IN ('patient', 'doctor', 'nurse', 'receptionist', 'billing', 'admin', 'auditor')),
    doc jsonb NOT NULL
);
CREATE UNIQUE INDEX user_email ON users (email) WHERE finds_by_email;
CREATE UNIQUE INDEX user_username ON users (username) WHERE finds_by_username;
CREATE INDEX users_by_role ON users (role, id);

CREATE TABLE sessions (
    id uuid CONSTRAINT sessions_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT sessions_version CHECK (version > 0),
    user_id bigint NOT NULL CONSTRAINT session_user_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    doc jsonb NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_by_start ON sessions (created_at, id);

CREATE TABLE patients (
    id uuid CONSTRAINT patients_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT patients_version CHECK (version > 0),
    mrn text COLLATE "C" NOT NULL CONSTRAINT patient_mrn UNIQUE,
    user_id bigint CONSTRAINT patient_user UNIQUE CONSTRAINT patient_user_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    -- Family and given name in lower case, apart by a character that sorts before all others.
    list_name text COLLATE "C" NOT NULL,
    full_name text COLLATE "C" NOT NULL,
    birth_date date,
    search_text text COLLATE "C" NOT NULL,
    doc jsonb NOT NULL
);
CREATE INDEX patients_by_name ON patients (list_name, id);
CREATE INDEX patients_by_full_name ON patients (full_name);
CREATE INDEX patients_by_birth_date ON patients (birth_date);
-- Every change goes into the index at once: a list of changes to come would make each search slower until it is emptied.
CREATE INDEX patients_by_text ON patients USING gin (search_text gin_trgm_ops) WITH (fastupdate = off);

CREATE TABLE schedules (
    id bigint CONSTRAINT schedules_id PRIMARY KEY CONSTRAINT schedule_doctor_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    version bigint NOT NULL CONSTRAINT schedules_version CHECK (version > 0),
    doc jsonb NOT NULL
);

CREATE TABLE appointments (
    id bigint CONSTRAINT appointments_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT appointments_version CHECK (version > 0),
    patient_id uuid CONSTRAINT appointment_patient_exists REFERENCES patients DEFERRABLE INITIALLY DEFERRED,
    doctor_id bigint CONSTRAINT appointment_doctor_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    -- The account's number, or a written name after a colon.
    doctor text COLLATE "C" NOT NULL,
    room text COLLATE "C",
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    status text COLLATE "C" NOT NULL CONSTRAINT appointments_status CHECK
        (status IN ('booked', 'arrived', 'in-progress', 'fulfilled', 'no-show', 'cancelled-by-patient', 'cancelled-by-clinic')),
    overbooked boolean NOT NULL,
    -- True only for appointments of the old system that overlap an older one, until they are moved.
    tolerated boolean NOT NULL DEFAULT false,
    holds_time boolean NOT NULL GENERATED ALWAYS AS
        (status IN ('booked', 'arrived', 'in-progress', 'fulfilled') AND NOT overbooked AND NOT tolerated) STORED,
    doc jsonb NOT NULL,
    CONSTRAINT appointments_length CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours')
) WITH (fillfactor = 90);
-- Checked in this order: the doctor's time is what a booker hears of first. Texts make such an index several times slower
-- than numbers, so these two have 64-bit hashes: that two names share one is less likely than a broken disk.
ALTER TABLE appointments ADD CONSTRAINT doctor_overlap
    EXCLUDE USING gist (hashtextextended(doctor, 0) WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time);
ALTER TABLE appointments ADD CONSTRAINT patient_overlap
    EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time AND patient_id IS NOT NULL);
ALTER TABLE appointments ADD CONSTRAINT room_overlap
    EXCLUDE USING gist (hashtextextended(room, 0) WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time AND room IS NOT NULL);
-- A tolerated overlap is in none of these, so that it can stay; nobody else may come into its time for all that.
CREATE INDEX appointments_tolerated ON appointments (starts_at) WHERE tolerated;
CREATE FUNCTION refuse_tolerated_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    SELECT CASE WHEN doctor = NEW.doctor THEN 'doctor_overlap' WHEN patient_id = NEW.patient_id THEN 'patient_overlap'
        ELSE 'room_overlap' END INTO rule
    FROM appointments
    WHERE tolerated AND id <> NEW.id AND status IN ('booked', 'arrived', 'in-progress', 'fulfilled') AND NOT overbooked
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

-- A move into an empty database makes these last, all rows at once.
CREATE FUNCTION index_appointments() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE INDEX IF NOT EXISTS appointments_by_start ON appointments (starts_at, id);
    CREATE INDEX IF NOT EXISTS appointments_by_doctor ON appointments (doctor, starts_at, id);
    CREATE INDEX IF NOT EXISTS appointments_by_patient ON appointments (patient_id, starts_at, id);
    CREATE INDEX IF NOT EXISTS appointments_by_status ON appointments (status, starts_at, id);
    CREATE INDEX IF NOT EXISTS appointments_unlinked ON appointments (starts_at, id) WHERE patient_id IS NULL;
END $$;
SELECT index_appointments();

CREATE TABLE medical_records (
    id bigint CONSTRAINT medical_records_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT medical_records_version CHECK (version > 0),
    patient_id uuid CONSTRAINT record_patient_exists REFERENCES patients DEFERRABLE INITIALLY DEFERRED,
    author_id bigint CONSTRAINT record_author_exists REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    appointment_id bigint CONSTRAINT record_appointment_exists REFERENCES appointments DEFERRABLE INITIALLY DEFERRED,
    kind text COLLATE "C" NOT NULL,
    unsigned boolean NOT NULL,
    visible_to_patient boolean NOT NULL,
    doc jsonb NOT NULL
);
CREATE INDEX medical_records_by_patient ON medical_records (patient_id, id);
CREATE INDEX medical_records_unlinked ON medical_records (id) WHERE patient_id IS NULL;
CREATE INDEX medical_records_unsigned ON medical_records (author_id, id) WHERE unsigned;
CREATE INDEX medical_records_by_appointment ON medical_records (appointment_id, id) WHERE appointment_id IS NOT NULL;

CREATE TABLE billings (
    id bigint CONSTRAINT billings_id PRIMARY KEY,
    version bigint NOT NULL CONSTRAINT billings_version CHECK (version > 0),
    patient_id uuid CONSTRAINT billing_patient_exists REFERENCES patients DEFERRABLE INITIALLY DEFERRED,
    appointment_id bigint CONSTRAINT billing_appointment_exists REFERENCES appointments DEFERRABLE INITIALLY DEFERRED,
    status text COLLATE "C" NOT NULL CONSTRAINT billings_status CHECK
        (status IN ('draft', 'issued', 'partly-paid', 'paid', 'recorded')),
    currency text COLLATE "C" NOT NULL CONSTRAINT billings_currency CHECK (currency ~ '^[A-Z]{3}$'),
    total_minor bigint NOT NULL CONSTRAINT billings_total CHECK (total_minor >= 0),
    paid_minor bigint NOT NULL CONSTRAINT billings_paid CHECK (paid_minor BETWEEN 0 AND total_minor),
    invoice_year smallint,
    invoice_serial bigint CONSTRAINT billings_serial CHECK (invoice_serial > 0),
    doc jsonb NOT NULL,
    CONSTRAINT billings_number CHECK ((invoice_year IS NULL) = (invoice_serial IS NULL)),
    CONSTRAINT billings_issued CHECK ((status IN ('draft', 'recorded')) = (invoice_serial IS NULL)),
    CONSTRAINT billings_paid_up CHECK (status <> 'paid' OR paid_minor = total_minor),
    CONSTRAINT invoice_number UNIQUE (invoice_year, invoice_serial)
) WITH (fillfactor = 90);
CREATE INDEX billings_by_patient ON billings (patient_id, id);
CREATE INDEX billings_by_status ON billings (status, id);
CREATE INDEX billings_by_appointment ON billings (appointment_id, id) WHERE appointment_id IS NOT NULL;

CREATE TABLE payments (
    billing_id bigint NOT NULL CONSTRAINT payment_billing_exists REFERENCES billings DEFERRABLE INITIALLY DEFERRED,
    receipt_year smallint NOT NULL,
    receipt_serial bigint NOT NULL CONSTRAINT payments_serial CHECK (receipt_serial > 0),
    minor bigint NOT NULL CONSTRAINT payments_minor CHECK (minor > 0),
    paid_at timestamptz NOT NULL,
    CONSTRAINT receipt_number PRIMARY KEY (receipt_year, receipt_serial)
);
CREATE INDEX payments_by_billing ON payments (billing_id);
CREATE INDEX payments_by_time ON payments (paid_at, billing_id);

CREATE TABLE answered_requests (
    id uuid CONSTRAINT answered_requests_id PRIMARY KEY,
    answered_at timestamptz NOT NULL,
    doc jsonb NOT NULL
);
CREATE INDEX answered_requests_by_age ON answered_requests (answered_at);

-- Units of work that were committed, for those whose connection broke while they asked for it; kept for an hour.
CREATE TABLE committed_units (
    id uuid CONSTRAINT committed_units_id PRIMARY KEY,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX committed_units_by_age ON committed_units (committed_at);

-- Numbers without gaps: the row is locked until the unit of work that took the number ends.
CREATE TABLE counters (
    name text COLLATE "C" CONSTRAINT counters_id PRIMARY KEY,
    last bigint NOT NULL CONSTRAINT counters_last CHECK (last >= 0)
) WITH (fillfactor = 50);
-- Ids may have gaps, and nobody waits for one.
CREATE SEQUENCE user_ids;
CREATE SEQUENCE appointment_ids;
CREATE SEQUENCE medical_record_ids;
CREATE SEQUENCE billing_ids;
CREATE SEQUENCE mrn_serials;

-- Whoever failed to get through the crowd goes through here, one at a time.
CREATE TABLE turnstile (single boolean CONSTRAINT turnstile_id PRIMARY KEY);

-- How much is stored: rows are added here by triggers, without any row that all writers would have to share,
-- and summed up now and then.
CREATE TABLE totals (
    kind text COLLATE "C" NOT NULL,
    amount bigint NOT NULL
);
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO totals (kind, amount) SELECT TG_TABLE_NAME, count(*) FROM added HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER count_rows AFTER INSERT ON users REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_rows AFTER INSERT ON patients REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_rows AFTER INSERT ON appointments REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_rows AFTER INSERT ON medical_records REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows();
CREATE TRIGGER count_rows AFTER INSERT ON billings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows();

CREATE FUNCTION sum_up_totals() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF pg_try_advisory_xact_lock(hashtext('healthcare.totals')) AND (SELECT count(*) > 64 FROM (SELECT FROM totals LIMIT 65) AS piled) THEN
        WITH taken AS (DELETE FROM totals RETURNING kind, amount)
        INSERT INTO totals (kind, amount) SELECT kind, sum(amount) FROM taken GROUP BY kind;
    END IF;
END $$;

-- A move of another store into this database: until it has ended, no server may open it.
CREATE TABLE moves (
    single boolean CONSTRAINT moves_id PRIMARY KEY DEFAULT true CHECK (single),
    position text NOT NULL,
    finished boolean NOT NULL
);
CREATE TABLE moved (
    name text COLLATE "C" CONSTRAINT moved_id PRIMARY KEY,
    done bigint NOT NULL
);

-- The audit log. Events arrive with the unit of work that caused them, and take their place in the chain right after,
-- by whoever has the lock: a chain that every writer had to append to himself would let one writer in at a time.
CREATE TABLE audit_arrivals (
    arrival bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_arrivals_id PRIMARY KEY,
    body text NOT NULL,
    at timestamptz NOT NULL,
    actor bigint,
    patient_id uuid,
    action text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE TABLE audit_events (
    seq bigint CONSTRAINT audit_events_id PRIMARY KEY,
    body text NOT NULL,
    prev text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    actor bigint,
    patient_id uuid,
    action text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL
);
CREATE INDEX audit_events_by_actor ON audit_events (actor, seq);
CREATE INDEX audit_events_by_patient ON audit_events (patient_id, seq) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_events_by_action ON audit_events (action, seq);
CREATE INDEX audit_events_by_time ON audit_events USING brin (at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log can only be added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER not_changed BEFORE UPDATE OR TRUNCATE ON audit_arrivals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Gives up to `most` arrivals their places; returns how many got one. Hash: SHA-256 of the one before and of the event.
-- The server has no right to change or remove an arrival, only to call this.
CREATE FUNCTION chain_audit_events(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    event record;
    head_seq bigint;
    head_hash text;
    next_hash text;
    chained integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('healthcare.audit_events'));
    SELECT seq, hash INTO head_seq, head_hash FROM audit_events ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        head_seq := 0;
        head_hash := repeat('0', 64);
    END IF;
    FOR event IN
        WITH taken AS (
            DELETE FROM audit_arrivals WHERE arrival IN (SELECT arrival FROM audit_arrivals ORDER BY arrival LIMIT most) RETURNING *
        )
        SELECT * FROM taken ORDER BY arrival
    LOOP
        next_hash := encode(sha256(convert_to(head_hash || event.body, 'UTF8')), 'hex');
        head_seq := head_seq + 1;
        INSERT INTO audit_events (seq, body, prev, hash, at, actor, patient_id, action, outcome)
            VALUES (head_seq, event.body, head_hash, next_hash, event.at, event.actor, event.patient_id, event.action, event.outcome);
        head_hash := next_hash;
        chained := chained + 1;
    END LOOP;
    RETURN chained;
END $$;

-- What time has passed over: answers that nobody asks for any more, and units that nobody is in doubt about.
-- A day before the newest answer, not before the clock of this machine: instants are those of the program.
CREATE FUNCTION forget_expired() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    answers bigint;
    marks bigint;
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
    RETURN greatest(answers, marks);
END $$;

-- What the role of the server may do: everything its work needs, and no DDL, no change of the audit log.
CREATE FUNCTION grant_to_server(server name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    home text := quote_ident((SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = 'users'::regclass));
    role text := quote_ident(server);
BEGIN
    EXECUTE 'GRANT USAGE ON SCHEMA ' || home || ' TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT, UPDATE ON users, sessions, patients, schedules, appointments, medical_records, billings, counters, answered_requests TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT, DELETE ON payments TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT ON committed_units TO ' || role;
    EXECUTE 'GRANT SELECT, UPDATE ON turnstile TO ' || role;
    EXECUTE 'GRANT SELECT ON totals, compatibility, moves, audit_events, _sqlx_migrations TO ' || role;
    EXECUTE 'GRANT SELECT, INSERT ON audit_arrivals TO ' || role;
    EXECUTE 'GRANT USAGE, SELECT ON user_ids, appointment_ids, medical_record_ids, billing_ids, mrn_serials TO ' || role;
    EXECUTE 'GRANT EXECUTE ON FUNCTION chain_audit_events(integer), sum_up_totals(), forget_expired() TO ' || role;
END $$;
-- Names in functions mean this schema's, whatever the caller has put in the way; above all in those that run as the owner.
DO $$
DECLARE
    function regprocedure;
BEGIN
    FOREACH function IN ARRAY ARRAY['refuse_tolerated_overlap()', 'count_rows()', 'sum_up_totals()', 'refuse_change()', 'chain_audit_events(integer)',
        'forget_expired()', 'grant_to_server(name)', 'index_appointments()']::regprocedure[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', function, current_schema());
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION index_appointments(), chain_audit_events(integer), sum_up_totals(), forget_expired(), grant_to_server(name) FROM PUBLIC;
