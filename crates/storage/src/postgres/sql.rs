//! Every statement that the server's work uses, and every part that lists are put together from. There is no SQL anywhere
//! else but in the migrations, and nothing that comes from a request ever becomes part of a statement: filters and orders
//! are enums that choose among these constants, values are arguments. A test prepares all of them on a real server.

mod lists;

pub use lists::{Builder, Condition, Sort};
use std::time::Duration;

/// Begins a unit of work that writes.
pub const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
/// What one does first that failed to get through the crowd: one at a time. The lock is taken before the first snapshot, so
/// what the one before committed is seen.
pub const TAKE_TURN: &str = "LOCK TABLE turnstile IN EXCLUSIVE MODE";
/// Begins a unit of work that reads.
pub const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Begins what is done in one statement.
pub const BEGIN_ALONE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Begins with the limits that a connection of our own would have for all its transactions.
pub fn with_limits(begin: &'static str, statement: Duration) -> String {
    let millis = statement.as_millis();
    format!(
        "{begin}; SET LOCAL statement_timeout = {millis}; SET LOCAL lock_timeout = {millis}; \
         SET LOCAL idle_in_transaction_session_timeout = {}",
        2 * millis
    )
}

/// The statements of one table.
#[derive(Debug)]
pub struct TableSql {
    /// `SELECT version, doc FROM table`; a condition follows.
    pub select: &'static str,
    /// `SELECT count(*) FROM table`; a condition follows.
    pub count: &'static str,
    /// Adds a row: id, version, the columns of the table, doc.
    pub insert: &'static str,
    /// Changes a row of id $1 and version $2: the columns of the table, doc.
    pub update: &'static str,
}

/// Accounts.
pub const USERS: TableSql = TableSql {
    select: "SELECT version, doc FROM users",
    count: "SELECT count(*) FROM users",
    insert: "INSERT INTO users (id, version, email, username, display_name, role, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    // An address that an older account has keeps finding that one, until it is changed.
    update: "UPDATE users SET version = version + 1, email = $3, username = $4, \
        finds_by_email = finds_by_email OR email <> $3, finds_by_username = finds_by_username OR username <> $4, \
        display_name = $5, role = $6, doc = $7 WHERE id = $1 AND version = $2",
};

/// Sessions.
pub const SESSIONS: TableSql = TableSql {
    select: "SELECT version, doc FROM sessions",
    count: "SELECT count(*) FROM sessions",
    insert: "INSERT INTO sessions (id, version, user_id, created_at, last_seen_at, expires_at, revoked_at, doc) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    update: "UPDATE sessions SET version = version + 1, user_id = $3, created_at = $4, last_seen_at = $5, expires_at = $6, \
        revoked_at = $7, doc = $8 WHERE id = $1 AND version = $2",
};

/// A session with its account.
pub const CALLER: &str = "SELECT s.version, s.doc, u.version, u.doc FROM sessions s JOIN users u ON u.id = s.user_id \
    WHERE s.id = $1";

/// Access entries.
pub const ACCESS: TableSql = TableSql {
    select: "SELECT version, doc FROM access_entries",
    count: "SELECT count(*) FROM access_entries",
    insert: "INSERT INTO access_entries (id, version, kind, user_id, patient_id, created_at, expires_at, awaits_review, \
        forgettable, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    update: "UPDATE access_entries SET version = version + 1, kind = $3, user_id = $4, patient_id = $5, created_at = $6, \
        expires_at = $7, awaits_review = $8, forgettable = $9, doc = $10 WHERE id = $1 AND version = $2",
};

/// Patients.
pub const PATIENTS: TableSql = TableSql {
    select: "SELECT version, doc FROM patients",
    count: "SELECT count(*) FROM patients",
    insert: "INSERT INTO patients (id, version, mrn, user_id, list_name, full_name, birth_date, search_text, doc) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    update: "UPDATE patients SET version = version + 1, mrn = $3, user_id = $4, list_name = $5, full_name = $6, \
        birth_date = $7, search_text = $8, doc = $9 WHERE id = $1 AND version = $2",
};

/// Doctors' hours.
pub const SCHEDULES: TableSql = TableSql {
    select: "SELECT version, doc FROM schedules",
    count: "SELECT count(*) FROM schedules",
    insert: "INSERT INTO schedules (id, version, doc) VALUES ($1, $2, $3)",
    update: "UPDATE schedules SET version = version + 1, doc = $3 WHERE id = $1 AND version = $2",
};

/// Takes the locks on the day of the doctor, the patient and the room of an appointment, always in the same order: units of
/// work that want the same time queue instead of each waiting for the other until the database finds the deadlock, which
/// it looks for after a second. Nobody relies on it for being right: that is what the constraints are for.
macro_rules! in_line {
    () => {
        " (SELECT count(pg_advisory_xact_lock(key)) AS passed FROM (\
            SELECT DISTINCT hashtextextended(name || ($7::timestamptz AT TIME ZONE 'UTC')::date, 0) AS key \
            FROM (VALUES ('doctor ' || $5::text), ('patient ' || $3::uuid), ('room ' || $6::text)) AS names (name) \
            WHERE name IS NOT NULL ORDER BY key) AS keys) AS gate "
    };
}

/// Appointments.
pub const APPOINTMENTS: TableSql = TableSql {
    select: "SELECT version, doc FROM appointments",
    count: "SELECT count(*) FROM appointments",
    insert: concat!(
        "INSERT INTO appointments (id, version, patient_id, doctor_id, doctor, room, starts_at, ends_at, status, \
        overbooked, doc) SELECT $1::bigint, $2::bigint, $3::uuid, $4::bigint, $5::text, $6::text, $7::timestamptz, $8::timestamptz, \
        $9::text, $10::boolean, $11::jsonb FROM",
        in_line!(),
        "WHERE gate.passed > 0"
    ),
    // An overlap of the old system is tolerated for as long as the appointment stays where it was.
    update: concat!(
        "UPDATE appointments SET version = version + 1, \
        tolerated = tolerated AND patient_id IS NOT DISTINCT FROM $3 AND doctor = $5 AND room IS NOT DISTINCT FROM $6 \
            AND starts_at = $7 AND ends_at = $8 AND NOT overbooked \
            AND status IN ('proposed', 'booked', 'arrived', 'in-progress', 'fulfilled'), \
        patient_id = $3, doctor_id = $4, doctor = $5, room = $6, starts_at = $7, ends_at = $8, status = $9, \
        overbooked = $10, doc = $11 FROM",
        in_line!(),
        "WHERE id = $1 AND version = $2 AND gate.passed > 0"
    ),
};

/// Record entries.
pub const RECORDS: TableSql = TableSql {
    select: "SELECT version, doc FROM medical_records",
    count: "SELECT count(*) FROM medical_records",
    insert: "INSERT INTO medical_records (id, version, patient_id, author_id, appointment_id, kind, unsigned, \
        visible_to_patient, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    update: "UPDATE medical_records SET version = version + 1, patient_id = $3, author_id = $4, appointment_id = $5, \
        kind = $6, unsigned = $7, visible_to_patient = $8, doc = $9 WHERE id = $1 AND version = $2",
};

/// Bills.
pub const INVOICES: TableSql = TableSql {
    select: "SELECT version, doc FROM billings",
    count: "SELECT count(*) FROM billings",
    insert: "INSERT INTO billings (id, version, patient_id, appointment_id, status, currency, total_minor, paid_minor, \
        invoice_year, invoice_serial, refund_minor, refund_waits, doc) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    update: "UPDATE billings SET version = version + 1, patient_id = $3, appointment_id = $4, status = $5, currency = $6, \
        total_minor = $7, paid_minor = $8, invoice_year = $9, invoice_serial = $10, refund_minor = $11, refund_waits = $12, \
        doc = $13 WHERE id = $1 AND version = $2",
};

/// What is planned around appointments.
pub const PLAN: TableSql = TableSql {
    select: "SELECT version, doc FROM plan_entries",
    count: "SELECT count(*) FROM plan_entries",
    insert: "INSERT INTO plan_entries (id, version, kind, patient_id, doctor_id, appointment_id, created_at, due_at, \
        kept_until, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    update: "UPDATE plan_entries SET version = version + 1, kind = $3, patient_id = $4, doctor_id = $5, \
        appointment_id = $6, created_at = $7, due_at = $8, kept_until = $9, doc = $10 WHERE id = $1 AND version = $2",
};

/// Every table.
#[cfg(test)]
pub const TABLES: [&TableSql; 9] =
    [&USERS, &SESSIONS, &ACCESS, &PATIENTS, &SCHEDULES, &APPOINTMENTS, &RECORDS, &INVOICES, &PLAN];

/// Payments of bill $1 that it does not have any more, or no longer so.
pub const DROP_PAYMENTS: &str = "DELETE FROM payments WHERE billing_id = $1 AND (receipt_year, receipt_serial, minor, paid_at) \
    NOT IN (SELECT * FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::timestamptz[]))";
/// Payments of bill $1 that are not there yet. A receipt that stands twice in one bill is refused like any other.
pub const ADD_PAYMENTS: &str = "INSERT INTO payments (billing_id, receipt_year, receipt_serial, minor, paid_at) \
    SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::timestamptz[]) AS new (year, serial, minor, at) \
    WHERE NOT EXISTS (SELECT FROM payments WHERE billing_id = $1 AND receipt_year = year AND receipt_serial = serial)";
/// Credit notes of bill $1 that are not there yet. A number that stands twice in one bill is refused like any other.
pub const ADD_CREDIT_NOTES: &str = "INSERT INTO credit_notes (billing_id, note_year, note_serial, minor, given_at) \
    SELECT $1, * FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::timestamptz[]) AS new (year, serial, minor, at) \
    WHERE NOT EXISTS (SELECT FROM credit_notes WHERE billing_id = $1 AND note_year = year AND note_serial = serial)";

/// The next number of a counter without gaps.
pub const NEXT_NUMBER: &str = "INSERT INTO counters (name, last) VALUES ($1, 1) \
    ON CONFLICT (name) DO UPDATE SET last = counters.last + 1 RETURNING last";
/// The next id of each kind.
pub const NEXT_USER: &str = "SELECT nextval('user_ids')";
/// Of appointments.
pub const NEXT_APPOINTMENT: &str = "SELECT nextval('appointment_ids')";
/// Of record entries.
pub const NEXT_RECORD: &str = "SELECT nextval('medical_record_ids')";
/// Of bills.
pub const NEXT_INVOICE: &str = "SELECT nextval('billing_ids')";
/// Of medical record numbers.
pub const NEXT_MRN: &str = "SELECT nextval('mrn_serials')";

/// An answered request that is still kept: answered after $2.
pub const RECALL: &str = "SELECT doc FROM answered_requests WHERE id = $1 AND answered_at > $2";
/// Keeps an answer, unless the request has one that was given after $4.
pub const KEEP: &str = "INSERT INTO answered_requests (id, answered_at, doc) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET answered_at = EXCLUDED.answered_at, doc = EXCLUDED.doc \
    WHERE answered_requests.answered_at <= $4";

/// Events that a unit of work caused, and the mark of the unit itself.
pub const ARRIVE: &str = "WITH mark AS (INSERT INTO committed_units (id) VALUES ($7)) \
    INSERT INTO audit_arrivals (body, at, actor, patient_id, action, outcome) \
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::uuid[], $5::text[], $6::text[])";
/// The mark of a unit of work: whoever finds it knows that the unit was committed, and whoever sets it first knows that
/// it never will be.
pub const MARK: &str = "INSERT INTO committed_units (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
/// Gives arrived events their places in the chain.
pub const CHAIN: &str = "SELECT chain_audit_events($1)";
/// Events of the log.
pub const AUDIT: &str = "SELECT seq, body, prev, hash FROM audit_events";

/// Every event with the columns that lists are narrowed by, as the database has them.
pub const CHAIN_FROM_START: &str = "SELECT seq, body, prev, hash, (extract(epoch FROM at) * 1000000)::bigint, actor, \
    patient_id, action, outcome FROM audit_events ORDER BY seq";
/// The end of the chain.
pub const HEAD: &str = "SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1";
/// Keeps an anchor.
pub const KEEP_ANCHOR: &str = "INSERT INTO audit_anchors (seq, body) VALUES ($1, $2)";
/// The anchor that was kept last.
pub const NEWEST_ANCHOR: &str = "SELECT body FROM audit_anchors ORDER BY place DESC LIMIT 1";
/// All anchors.
pub const ALL_ANCHORS: &str = "SELECT body FROM audit_anchors ORDER BY place";

/// How much is stored.
pub const TOTALS: &str = "SELECT kind, sum(amount)::bigint AS amount FROM totals GROUP BY kind";
/// Keeps the sums short.
pub const SUM_UP: &str = "SELECT sum_up_totals()";
/// Forgets what is older than its use.
pub const FORGET: &str = "SELECT forget_expired()";
/// How many seconds ago the newest mark was set that is known here: every server sets one every other second.
pub const LAG: &str = "SELECT coalesce(extract(epoch FROM clock_timestamp() - max(committed_at)), 1e9)::float8 \
    FROM committed_units";
/// The oldest version of the program that this schema can do with, and the newest migration that was done.
pub const COMPATIBILITY: &str = "SELECT needs, (SELECT max(version) FROM _sqlx_migrations WHERE success), \
    EXISTS (SELECT FROM moves WHERE NOT finished) FROM compatibility";
/// Tells this database from all others, by whatever address it is reached.
pub const STORE_ID: &str = "SELECT store_id::text FROM compatibility";
/// Events that have no place in the chain yet.
pub const ARRIVED: &str = "SELECT count(*) FROM audit_arrivals";
/// Whether there is a schema at all.
pub const HAS_SCHEMA: &str = "SELECT to_regclass('compatibility') IS NOT NULL";
/// Gives a role the rights of a server.
pub const GRANT: &str = "SELECT grant_to_server($1::text::name)";
/// Those of a server that came later.
pub const GRANT_ANCHORS: &str = "SELECT grant_anchors_to_server($1::text::name)";
/// And those that came with refunds.
pub const GRANT_CREDIT_NOTES: &str = "SELECT grant_credit_notes_to_server($1::text::name)";
/// And of what is planned.
pub const GRANT_PLAN: &str = "SELECT grant_plan_to_server($1::text::name)";

/// Which move into this database there is, and whether it has ended.
pub const MOVE: &str = "SELECT position, finished FROM moves";
/// Notes a move.
pub const BEGIN_MOVE: &str = "INSERT INTO moves (position, finished) VALUES ($1, false)";
/// Ends it.
pub const END_MOVE: &str = "UPDATE moves SET finished = true";
/// How far it is in one table.
pub const MOVED: &str = "SELECT done FROM moved WHERE name = $1";
/// Notes how far it is.
pub const NOTE_MOVED: &str =
    "INSERT INTO moved (name, done) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET done = EXCLUDED.done";
/// What a move adds rows faster without, and makes at its end.
pub const UNINDEX: &str = "DROP INDEX IF EXISTS appointments_by_start, appointments_by_doctor, appointments_by_patient, \
    appointments_by_status, appointments_unlinked";
/// Makes it.
pub const INDEX: &str = "SELECT index_appointments()";
/// Takes back appointments of a batch that was not noted.
pub const DROP_APPOINTMENTS: &str = "DELETE FROM appointments WHERE id > $1";
/// What batches that were stored twice counted twice.
pub const RECOUNT: &str = "TRUNCATE totals; INSERT INTO totals (kind, amount) \
    SELECT 'users', count(*) FROM users UNION ALL SELECT 'patients', count(*) FROM patients \
    UNION ALL SELECT 'appointments', count(*) FROM appointments \
    UNION ALL SELECT 'medical_records', count(*) FROM medical_records UNION ALL SELECT 'billings', count(*) FROM billings";
/// A batch of a move need not be durable before the next one.
pub const NO_WAIT: &str = "SET LOCAL synchronous_commit = off";
/// Whether there is nothing in the database.
pub const IS_EMPTY: &str = "SELECT NOT EXISTS (SELECT FROM totals WHERE amount > 0) \
    AND NOT EXISTS (SELECT FROM audit_events) AND NOT EXISTS (SELECT FROM audit_arrivals)";
/// Takes away what a move of other contents left. Only the owner of the tables can.
pub const CLEAR: &str = "ALTER TABLE audit_events DISABLE TRIGGER append_only; \
    ALTER TABLE audit_arrivals DISABLE TRIGGER not_changed; ALTER TABLE audit_anchors DISABLE TRIGGER append_only; \
    TRUNCATE users, sessions, access_entries, patients, schedules, appointments, medical_records, billings, payments, credit_notes, plan_entries, answered_requests, \
        committed_units, counters, totals, audit_arrivals, audit_events, audit_anchors, moves, moved; \
    ALTER SEQUENCE user_ids RESTART; ALTER SEQUENCE appointment_ids RESTART; \
    ALTER SEQUENCE medical_record_ids RESTART; ALTER SEQUENCE billing_ids RESTART; ALTER SEQUENCE mrn_serials RESTART; \
    ALTER TABLE audit_events ENABLE TRIGGER append_only; \
    ALTER TABLE audit_arrivals ENABLE TRIGGER not_changed; ALTER TABLE audit_anchors ENABLE TRIGGER append_only";
/// Tells the planner what came in.
pub const ANALYZE: &str = "ANALYZE";
/// The state of the database, as the newest of its transactions.
pub const POSITION: &str =
    "SELECT 'database ' || current_database() || ' snapshot ' || pg_current_snapshot()::text";
/// Accounts, all of them.
pub const ALL_USERS: &str = "SELECT version, doc FROM users ORDER BY id";
/// Patients.
pub const ALL_PATIENTS: &str = "SELECT version, doc FROM patients ORDER BY id";
/// Doctors' hours.
pub const ALL_SCHEDULES: &str = "SELECT version, doc FROM schedules ORDER BY id";
/// Sessions.
pub const ALL_SESSIONS: &str = "SELECT version, doc FROM sessions ORDER BY id";
/// Access entries.
pub const ALL_ACCESS: &str = "SELECT version, doc FROM access_entries ORDER BY id";
/// Appointments.
pub const ALL_APPOINTMENTS: &str = "SELECT version, doc FROM appointments ORDER BY id";
/// Record entries.
pub const ALL_RECORDS: &str = "SELECT version, doc FROM medical_records ORDER BY id";
/// Bills.
pub const ALL_INVOICES: &str = "SELECT version, doc FROM billings ORDER BY id";
/// What is planned around appointments.
pub const ALL_PLAN: &str = "SELECT version, doc FROM plan_entries ORDER BY id";
/// Answered requests.
pub const ALL_REQUESTS: &str = "SELECT doc FROM answered_requests ORDER BY id";
/// The audit log.
pub const ALL_EVENTS: &str = "SELECT seq, body, prev, hash FROM audit_events ORDER BY seq";
/// The last id given of each kind.
pub const LAST_IDS: &str = "SELECT sequencename::text, coalesce(last_value, 0) FROM pg_sequences \
    WHERE schemaname = current_schema() AND sequencename IN \
        ('user_ids', 'appointment_ids', 'medical_record_ids', 'billing_ids', 'mrn_serials')";
/// The last number given of each counter.
pub const LAST_NUMBERS: &str = "SELECT name, last FROM counters";
/// Goes on with ids after this one.
pub const SET_IDS: &str = "SELECT setval($1::text::regclass, $2)";
/// Goes on with numbers after this one.
pub const SET_NUMBER: &str = "INSERT INTO counters (name, last) VALUES ($1, $2) \
    ON CONFLICT (name) DO UPDATE SET last = EXCLUDED.last";
/// Many accounts.
pub const COPY_USERS: &str = "COPY users (id, version, email, username, display_name, role, doc, finds_by_email, finds_by_username) FROM STDIN";
/// Many patients.
pub const COPY_PATIENTS: &str = "COPY patients (id, version, mrn, user_id, list_name, full_name, birth_date, search_text, doc) FROM STDIN";
/// Many doctors' hours.
pub const COPY_SCHEDULES: &str = "COPY schedules (id, version, doc) FROM STDIN";
/// Many sessions.
pub const COPY_SESSIONS: &str =
    "COPY sessions (id, version, user_id, created_at, last_seen_at, expires_at, revoked_at, doc) FROM STDIN";
/// Many access entries.
pub const COPY_ACCESS: &str = "COPY access_entries (id, version, kind, user_id, patient_id, created_at, expires_at, \
    awaits_review, forgettable, doc) FROM STDIN";
/// Many appointments.
pub const COPY_APPOINTMENTS: &str = "COPY appointments (id, version, patient_id, doctor_id, doctor, room, starts_at, ends_at, \
    status, overbooked, doc, tolerated) FROM STDIN";
/// Many record entries.
pub const COPY_RECORDS: &str = "COPY medical_records (id, version, patient_id, author_id, appointment_id, kind, unsigned, \
    visible_to_patient, doc) FROM STDIN";
/// Many bills.
pub const COPY_INVOICES: &str = "COPY billings (id, version, patient_id, appointment_id, status, currency, total_minor, \
    paid_minor, invoice_year, invoice_serial, refund_minor, refund_waits, doc) FROM STDIN";
/// Their payments.
pub const COPY_PAYMENTS: &str =
    "COPY payments (billing_id, receipt_year, receipt_serial, minor, paid_at) FROM STDIN";
/// Their credit notes.
pub const COPY_CREDIT_NOTES: &str =
    "COPY credit_notes (billing_id, note_year, note_serial, minor, given_at) FROM STDIN";
/// Many entries of what is planned.
pub const COPY_PLAN: &str = "COPY plan_entries (id, version, kind, patient_id, doctor_id, appointment_id, created_at, due_at, \
    kept_until, doc) FROM STDIN";
/// Many answered requests.
pub const COPY_REQUESTS: &str = "COPY answered_requests (id, answered_at, doc) FROM STDIN";
/// Many events, in their places.
pub const COPY_EVENTS: &str =
    "COPY audit_events (seq, body, prev, hash, at, actor, patient_id, action, outcome) FROM STDIN";
/// Many anchors, in their order.
pub const COPY_ANCHORS: &str = "COPY audit_anchors (seq, body) FROM STDIN";

/// Every statement that stands for itself.
#[cfg(test)]
pub const STATEMENTS: &[&str] = &[
    CALLER,
    DROP_PAYMENTS,
    ADD_PAYMENTS,
    ADD_CREDIT_NOTES,
    NEXT_NUMBER,
    NEXT_USER,
    NEXT_APPOINTMENT,
    NEXT_RECORD,
    NEXT_INVOICE,
    NEXT_MRN,
    RECALL,
    KEEP,
    ARRIVE,
    MARK,
    STORE_ID,
    ARRIVED,
    CHAIN,
    AUDIT,
    CHAIN_FROM_START,
    HEAD,
    KEEP_ANCHOR,
    NEWEST_ANCHOR,
    ALL_ANCHORS,
    TOTALS,
    SUM_UP,
    FORGET,
    LAG,
    COMPATIBILITY,
    HAS_SCHEMA,
    GRANT,
    GRANT_ANCHORS,
    GRANT_CREDIT_NOTES,
    GRANT_PLAN,
    MOVE,
    BEGIN_MOVE,
    END_MOVE,
    MOVED,
    NOTE_MOVED,
    DROP_APPOINTMENTS,
    UNINDEX,
    INDEX,
    IS_EMPTY,
    POSITION,
    ALL_USERS,
    ALL_PATIENTS,
    ALL_SCHEDULES,
    ALL_SESSIONS,
    ALL_ACCESS,
    ALL_APPOINTMENTS,
    ALL_RECORDS,
    ALL_INVOICES,
    ALL_PLAN,
    ALL_REQUESTS,
    ALL_EVENTS,
    LAST_IDS,
    LAST_NUMBERS,
    SET_IDS,
    SET_NUMBER,
];
