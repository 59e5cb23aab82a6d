-- A key that begins with the time, as the pages' own and UUIDv7 do, stands beside the others of its hour whoever sent
-- it: one page takes many of them. By actor first, every actor took a page of its own in every commit.
CREATE TABLE answers_by_key (
    actor          BLOB NOT NULL,
    key            TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    status         BIGINT NOT NULL,
    body           TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (key, actor)
) STRICT;

INSERT INTO answers_by_key (actor, key, request_digest, status, body, created_at)
SELECT actor, key, request_digest, status, body, created_at FROM idempotent_answers ORDER BY created_at;

DROP TABLE idempotent_answers;
ALTER TABLE answers_by_key RENAME TO idempotent_answers;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
