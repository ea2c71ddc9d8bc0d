-- What the EHR says about the people and sessions of drafts, one row per record, or per element of a list that the EHR
-- keeps as rows (`part`, `part_key`). The highest `rev` counts, in whatever order they arrive.
CREATE TABLE chart_record (
    practice_id text NOT NULL,
    entity text NOT NULL,
    id text NOT NULL,
    part text NOT NULL DEFAULT '',
    part_key text NOT NULL DEFAULT '',
    rev bigint NOT NULL,
    at timestamptz NOT NULL,
    deleted boolean NOT NULL,
    client_id text,
    session_id text,
    data jsonb NOT NULL,
    PRIMARY KEY (practice_id, entity, id, part, part_key)
);
CREATE INDEX chart_record_client ON chart_record (practice_id, client_id, entity) WHERE client_id IS NOT NULL;
CREATE INDEX chart_record_session ON chart_record (practice_id, session_id, entity) WHERE session_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE ON chart_record TO desk_app;

-- As which clinician of the EHR somebody who signs in works, in each practice.
CREATE TABLE staff (
    practice_id text NOT NULL,
    user_name text NOT NULL,
    clinician_id text NOT NULL,
    PRIMARY KEY (practice_id, user_name)
);
GRANT SELECT ON staff TO desk_app;
