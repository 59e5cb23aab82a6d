-- Answers are long and come in the order of time: a table that grows at its end takes a page for many of them, where
-- the tree of the keys (without rowid) took one or two for each.
CREATE TABLE idempotent_answers (
    actor          BLOB NOT NULL,
    key            TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    status         BIGINT NOT NULL,
    body           TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT;

INSERT INTO idempotent_answers (actor, key, request_digest, status, body, created_at)
SELECT actor, key, request_digest, status, body, created_at FROM idempotency ORDER BY created_at;

DROP TABLE idempotency;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
