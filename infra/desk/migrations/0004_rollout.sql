-- How far each practice and each cohort of its clinicians has come (schemas/rollout.py). Moves are in the audit chain.
CREATE TABLE rollout_cohort (
    practice_id text NOT NULL,
    cohort text NOT NULL,                                -- '' = the practice itself
    phase smallint NOT NULL CHECK (phase BETWEEN 1 AND 3),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, cohort)
);
CREATE TABLE rollout_member (
    practice_id text NOT NULL,
    clinician_id text NOT NULL,
    cohort text NOT NULL,
    PRIMARY KEY (practice_id, clinician_id),
    FOREIGN KEY (practice_id, cohort) REFERENCES rollout_cohort
);
CREATE TABLE rollout_move (
    practice_id text NOT NULL,
    move_id bigint GENERATED ALWAYS AS IDENTITY,
    what text NOT NULL CHECK (what IN ('phase', 'member')),
    cohort text NOT NULL,                                -- of a phase move; of a member: where to
    clinician_id text,
    before text,                                         -- phase, or cohort; NULL = none before
    after text,
    user_name text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    undone_by bigint,
    PRIMARY KEY (practice_id, move_id)
);
GRANT SELECT, INSERT, UPDATE ON rollout_cohort, rollout_member, rollout_move TO desk_app;
GRANT DELETE ON rollout_member TO desk_app;
