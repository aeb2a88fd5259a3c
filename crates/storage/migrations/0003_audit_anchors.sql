-- Anchors of the audit chain: its end at some moment, under a key that is not in this database. They are added, never changed
-- or removed. Programs that know nothing of them go on beside those that do.
CREATE TABLE audit_anchors (
    place bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_anchors_id PRIMARY KEY,
    seq bigint NOT NULL,
    body text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_anchors FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- All that one request did. Its id ends the text of an event; a cast of the whole text would refuse what older programs wrote.
CREATE INDEX audit_events_by_request ON audit_events ((substring(body from '"requestId":"([^"\\]*)"[}]\Z')), seq);
-- Denials and failures are few, and looked for among many events.
CREATE INDEX audit_events_not_done ON audit_events (outcome, seq) WHERE outcome <> 'success';
-- What one action did in some days, and what happened in them at all.
CREATE INDEX audit_events_by_moment ON audit_events (at, seq);

CREATE FUNCTION grant_anchors_to_server(server name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'GRANT SELECT, INSERT ON audit_anchors TO ' || quote_ident(server);
END $$;
DO $$
DECLARE
    role name;
BEGIN
    EXECUTE format('ALTER FUNCTION grant_anchors_to_server(name) SET search_path = pg_catalog, %I, pg_temp', current_schema());
    -- Who has the rights of a server already.
    FOR role IN
        SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS acl JOIN pg_roles ON pg_roles.oid = acl.grantee
        WHERE pg_class.oid = 'audit_arrivals'::regclass AND privilege_type = 'INSERT' AND grantee <> relowner
    LOOP
        EXECUTE 'GRANT SELECT, INSERT ON audit_anchors TO ' || quote_ident(role);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION grant_anchors_to_server(name) FROM PUBLIC;
