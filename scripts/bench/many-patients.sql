-- Makes :patients patients of a hundred thousand names, and one of them a chart of 700 entries.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
INSERT INTO patients (id, version, mrn, user_id, list_name, full_name, birth_date, search_text, doc)
SELECT md5('many ' || n)::uuid, 1, mrn, NULL, lower(family) || E'\x01' || lower(given), lower(given || ' ' || family),
    born, lower(given || ' ' || family) || ' ' || mrn || ' ' || born || ' ', doc || jsonb_build_object(
        'name', jsonb_build_object('given', given, 'family', family), 'birthDate', born)
FROM generate_series(1, :patients) AS n
CROSS JOIN LATERAL (SELECT
    'Giv' || chr(97 + n % 26) || chr(97 + n / 26 % 26) || chr(97 + n / 676 % 13) AS given,
    'Fam' || chr(97 + n * 7 % 26) || chr(97 + n / 11 % 26) || chr(97 + n / 313 % 26) || 'son' AS family,
    date '1930-01-01' + n % 30000 AS born,
    'many' || lpad(n::text, 8, '0') AS mrn) AS made
CROSS JOIN (SELECT doc FROM patients ORDER BY id LIMIT 1) AS pattern;
ANALYZE patients;
