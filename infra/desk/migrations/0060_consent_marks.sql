-- What a person said about a consent form on its way: sent, seen, declined, or that an earlier mark was a mistake.
-- Append-only; that a form is signed, expired or revoked is what the EHR says. No name, no text.
CREATE TABLE consent_mark (
    practice_id text NOT NULL,
    need_id text NOT NULL,                               -- which form of whom for which unit (fact_consent_need)
    at timestamptz NOT NULL,
    word text NOT NULL CHECK (word IN ('sent', 'seen', 'declined', 'withdrawn')),
    user_name text NOT NULL,
    version text NOT NULL,                               -- of the form that was sent
    language text NOT NULL,
    PRIMARY KEY (practice_id, need_id, at, word)
);
GRANT SELECT, INSERT ON consent_mark TO desk_app;
