-- Gives the patient whose public id is :patient 700 more entries like the ones that are there.
\set ON_ERROR_STOP on
INSERT INTO medical_records (id, version, patient_id, author_id, appointment_id, kind, unsigned, visible_to_patient, doc)
SELECT 1000000000 + n, 1, r.patient_id, r.author_id, r.appointment_id, r.kind, r.unsigned, r.visible_to_patient,
    r.doc || jsonb_build_object('id', 1000000000 + n)
FROM generate_series(1, 700) AS n
CROSS JOIN LATERAL (
    SELECT own.* FROM medical_records own JOIN patients ON patients.id = own.patient_id
    WHERE patients.doc ->> 'id' = :'patient' AND NOT own.unsigned AND own.id < 1000000000 ORDER BY own.id OFFSET n % 5 LIMIT 1
) AS r;
ANALYZE medical_records;
