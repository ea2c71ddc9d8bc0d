-- Drafts under review. State changes, their outbox rows and their audit entries commit together.
CREATE TABLE draft (
    practice_id text NOT NULL,
    draft_id text NOT NULL,
    session_id text NOT NULL,
    kind text NOT NULL,
    unit_id text,
    clinician_id text,
    client_ids text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'awaiting_cosign', 'signed', 'blocked', 'withdrawn', 'discarded')),
    template text NOT NULL,
    source_version bigint NOT NULL,
    touched boolean NOT NULL DEFAULT false,              -- somebody has edited or decided something
    newer_version bigint,                                -- a newer draft arrived while this one was being worked on
    newer jsonb,
    content jsonb NOT NULL,                              -- schemas.draft.SessionDraft as it was delivered
    attention integer NOT NULL DEFAULT 0,                -- sentences to look at first
    created_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    session_at timestamptz,                              -- when the session ended
    version integer NOT NULL DEFAULT 1,                  -- of the whole: counts every change of state or template
    returned_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (practice_id, draft_id)
);
CREATE INDEX draft_queue ON draft (practice_id, clinician_id, state, created_at);
CREATE INDEX draft_session ON draft (practice_id, session_id);

CREATE TABLE section (
    practice_id text NOT NULL,
    draft_id text NOT NULL,
    key text NOT NULL,                                   -- a client's id, or 'shared'
    position integer NOT NULL,
    client_id text,
    title text NOT NULL,
    original jsonb NOT NULL,                             -- lines as drafted
    lines jsonb NOT NULL,                                -- lines as they stand
    version integer NOT NULL DEFAULT 1,
    decision text NOT NULL DEFAULT 'open' CHECK (decision IN ('open', 'approved', 'rejected')),
    decided_by text,
    decided_at timestamptz,
    reason text NOT NULL DEFAULT '',
    addendum boolean NOT NULL DEFAULT false,             -- the client's note is signed already: send this as an addendum
    PRIMARY KEY (practice_id, draft_id, key),
    FOREIGN KEY (practice_id, draft_id) REFERENCES draft
);

-- Every version of a section that ever was, so that nothing typed is lost.
CREATE TABLE section_version (
    practice_id text NOT NULL,
    draft_id text NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    lines jsonb NOT NULL,
    user_name text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, draft_id, key, version),
    FOREIGN KEY (practice_id, draft_id, key) REFERENCES section
);

CREATE TABLE signature (
    practice_id text NOT NULL,
    draft_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sign', 'cosign')),
    round integer NOT NULL DEFAULT 1,                    -- a returned draft is signed again
    user_name text NOT NULL,
    role text NOT NULL,
    clinician_id text NOT NULL,
    name text NOT NULL,
    credential text NOT NULL,
    at timestamptz NOT NULL,
    attestation text NOT NULL,
    late_entry boolean NOT NULL,
    content_sha256 text NOT NULL,
    PRIMARY KEY (practice_id, draft_id, kind, round),
    FOREIGN KEY (practice_id, draft_id) REFERENCES draft
);

-- What must reach the EHR, exactly once in effect: the key is the same however often it is tried.
CREATE TABLE note_outbox (
    practice_id text NOT NULL,
    idempotency_key text NOT NULL,
    draft_id text NOT NULL,
    section_key text NOT NULL,
    session_id text NOT NULL,
    client_id text,
    note jsonb NOT NULL,                                 -- schemas.note_writing.NoteToWrite
    state text NOT NULL CHECK (state IN ('waiting', 'written', 'refused', 'stuck')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    reason text NOT NULL DEFAULT '',
    ehr_note_id text,
    created_at timestamptz NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (practice_id, idempotency_key)
);
CREATE INDEX note_outbox_due ON note_outbox (next_at) WHERE state = 'waiting';
CREATE INDEX note_outbox_draft ON note_outbox (practice_id, draft_id);

-- Active time: milliseconds in which somebody worked in a draft's window, per visit of its page.
CREATE TABLE review_time (
    practice_id text NOT NULL,
    draft_id text NOT NULL,
    user_name text NOT NULL,
    visit_id text NOT NULL,
    active_ms bigint NOT NULL,
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, draft_id, user_name, visit_id),
    FOREIGN KEY (practice_id, draft_id) REFERENCES draft
);

-- What a therapist should know: a draft is ready or blocked, a note did not reach the EHR. Ids only.
CREATE TABLE notification (
    practice_id text NOT NULL,
    notification_id text NOT NULL,
    clinician_id text,
    kind text NOT NULL,
    draft_id text NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    seen_by text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (practice_id, notification_id)
);
CREATE INDEX notification_newest ON notification (practice_id, at);

-- From when on a clinician's edits count for their style (they may start afresh).
CREATE TABLE style_reset (
    practice_id text NOT NULL,
    clinician_id text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, clinician_id)
);

GRANT SELECT, INSERT, UPDATE ON draft, note_outbox, notification, review_time, style_reset TO desk_app;
GRANT SELECT, INSERT, UPDATE ON section TO desk_app;
GRANT DELETE ON section TO desk_app;                     -- a newer draft replaces one that nobody has touched
GRANT SELECT, INSERT ON section_version, signature TO desk_app;
GRANT DELETE ON section_version TO desk_app;
