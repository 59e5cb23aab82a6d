-- Work to be done at a time. A row is deleted in the transaction that does the work; dead ones stay with their error.
CREATE TABLE jobs (
    job_id        BLOB NOT NULL PRIMARY KEY,
    kind          TEXT NOT NULL,
    subject       BLOB NOT NULL,
    due_at        BIGINT NOT NULL,
    payload       TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL,
    dead_at       BIGINT,
    last_error    TEXT
) STRICT;

CREATE INDEX jobs_due ON jobs (due_at) WHERE dead_at IS NULL;
CREATE INDEX jobs_by_subject ON jobs (subject);
