-- Makes :patients patients with many different names.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
INSERT INTO patients (id, version, mrn, user_id, list_name, full_name, birth_date, search_text, doc)
SELECT md5('many ' || n)::uuid, 1, mrn, NULL, family || E'\x01' || given, given || ' ' || family,
    born, given || ' ' || family || ' ' || mrn || ' ' || born || ' ', doc || jsonb_build_object(
        'name', jsonb_build_object('given', initcap(given), 'family', initcap(family)), 'birthDate', born)
FROM generate_series(1, :patients) AS n
CROSS JOIN LATERAL (SELECT
    translate(substr(md5('given ' || n % 5000), 1, 6), '0123456789', 'ghijklmnop') AS given,
    translate(substr(md5('family ' || n % 77777), 1, 8), '0123456789', 'ghijklmnop') AS family,
    date '1930-01-01' + n % 30000 AS born,
    'many' || lpad(n::text, 8, '0') AS mrn) AS made
CROSS JOIN (SELECT doc FROM patients ORDER BY id LIMIT 1) AS pattern;
VACUUM ANALYZE patients;
CHECKPOINT;
