-- Who did what to which record, when and why: one hash chain per practice ('*' = the whole installation).
-- `previous` is the `sha256` of the entry before; `sha256` covers every other column and `previous`. The console may add and read.
CREATE TABLE audit_entry (
    chain text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    user_name text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id text NOT NULL,
    reason text NOT NULL,
    before_sha256 text,
    after_sha256 text,
    details text NOT NULL,                               -- canonical JSON without names and clinical text
    previous text NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_entry_object ON audit_entry (chain, object_kind, object_id, seq);
GRANT USAGE ON SCHEMA public TO desk_app;
GRANT SELECT, INSERT ON audit_entry TO desk_app;

-- not even the owner changes an entry by mistake
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
