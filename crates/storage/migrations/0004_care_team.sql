-- Care teams: a kind of access entry more, and the entries that somebody wrote, the newest first.
-- Only adds: the version before goes on beside this one.
ALTER TABLE access_entries DROP CONSTRAINT access_entries_kind;
ALTER TABLE access_entries ADD CONSTRAINT access_entries_kind
    CHECK (kind IN ('attempts', 'link', 'emergency', 'proxy', 'care-team'));

CREATE INDEX medical_records_by_author ON medical_records (author_id, id) WHERE author_id IS NOT NULL;
