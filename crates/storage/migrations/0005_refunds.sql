-- Refunds: what of a bill was given back or is asked back, and the credit notes that say so. Only adds: programs that know
-- nothing of refunds go on beside those that do.

ALTER TABLE billings
    -- Approved and waiting together, so that the two can never exceed what was paid.
    ADD COLUMN refund_minor bigint NOT NULL DEFAULT 0,
    -- Whether one waits for approval; null where none was ever asked for.
    ADD COLUMN refund_waits boolean,
    ADD CONSTRAINT billings_refund CHECK (refund_minor BETWEEN 0 AND paid_minor);
CREATE INDEX billings_refund_waits ON billings (id) WHERE refund_waits;
CREATE INDEX billings_with_refunds ON billings (id) WHERE refund_waits IS NOT NULL;

CREATE TABLE credit_notes (
    billing_id bigint NOT NULL CONSTRAINT credit_note_billing_exists REFERENCES billings DEFERRABLE INITIALLY DEFERRED,
    note_year smallint NOT NULL,
    note_serial bigint NOT NULL CONSTRAINT credit_notes_serial CHECK (note_serial > 0),
    minor bigint NOT NULL CONSTRAINT credit_notes_minor CHECK (minor > 0),
    given_at timestamptz NOT NULL,
    CONSTRAINT credit_note_number PRIMARY KEY (note_year, note_serial)
);
CREATE INDEX credit_notes_by_billing ON credit_notes (billing_id);
CREATE INDEX credit_notes_by_time ON credit_notes (given_at, billing_id);

-- A server adds credit notes; it can neither change nor remove one.
CREATE FUNCTION grant_credit_notes_to_server(server name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'GRANT SELECT, INSERT ON credit_notes TO ' || quote_ident(server);
END $$;
DO $$
DECLARE
    role name;
BEGIN
    EXECUTE format('ALTER FUNCTION grant_credit_notes_to_server(name) SET search_path = pg_catalog, %I, pg_temp', current_schema());
    -- Who has the rights of a server already.
    FOR role IN
        SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS acl JOIN pg_roles ON pg_roles.oid = acl.grantee
        WHERE pg_class.oid = 'payments'::regclass AND privilege_type = 'INSERT' AND grantee <> relowner
    LOOP
        PERFORM grant_credit_notes_to_server(role);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION grant_credit_notes_to_server(name) FROM PUBLIC;
