-- Whether the EHR holds signed notes of a draft's session already: then nobody waits for the draft any more.
ALTER TABLE draft ADD COLUMN documented boolean NOT NULL DEFAULT false;
