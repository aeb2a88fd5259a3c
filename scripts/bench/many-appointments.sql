-- Makes :appointments appointments beside those of a clinic for measurements: a thousand written doctors, half an hour
-- each, no two of a doctor or a patient at one time. The constraints are checked as a whole when they are added again.
\set ON_ERROR_STOP on
SET maintenance_work_mem = '1GB';
SET synchronous_commit = off;
ALTER TABLE appointments DROP CONSTRAINT doctor_overlap, DROP CONSTRAINT patient_overlap;
DROP INDEX appointments_by_start, appointments_by_doctor, appointments_by_patient, appointments_by_status;
CREATE TEMPORARY TABLE people AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS number, id, doc ->> 'id' AS text FROM patients LIMIT 1000;
CREATE UNIQUE INDEX ON people (number);
ANALYZE people;
INSERT INTO appointments (id, version, patient_id, doctor_id, doctor, room, starts_at, ends_at, status, overbooked, doc)
SELECT 1000000000 + n, 1, people.id, NULL, ':many ' || n % 1000, NULL, at, at + interval '30 minutes', 'fulfilled', false,
    (SELECT doc FROM appointments ORDER BY id LIMIT 1) || jsonb_build_object(
        'id', 1000000000 + n,
        'patient', jsonb_build_object('id', people.text, 'name', 'Many ' || people.number),
        'doctor', jsonb_build_object('id', NULL, 'name', 'Many ' || n % 1000),
        'time', jsonb_build_object('start', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'minutes', 30),
        'status', 'fulfilled')
FROM generate_series(0, :appointments - 1) AS n
CROSS JOIN LATERAL (SELECT timestamptz '2001-01-01 00:00Z' + n / 1000 * interval '30 minutes' AS at) AS times
JOIN people ON people.number = (n + n / 1000) % 1000;
SELECT setval('appointment_ids', 2000000000);
CREATE INDEX appointments_by_start ON appointments (starts_at, id);
CREATE INDEX appointments_by_doctor ON appointments (doctor, starts_at, id);
CREATE INDEX appointments_by_patient ON appointments (patient_id, starts_at, id);
CREATE INDEX appointments_by_status ON appointments (status, starts_at, id);
ALTER TABLE appointments
    ADD CONSTRAINT doctor_overlap EXCLUDE USING gist (hashtextextended(doctor, 0) WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time);
ALTER TABLE appointments
    ADD CONSTRAINT patient_overlap EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (holds_time AND patient_id IS NOT NULL);
VACUUM ANALYZE appointments;
CHECKPOINT;
