-- What was answered to a command that carried an idempotency key.
CREATE TABLE idempotency (
    actor          BLOB NOT NULL,
    key            TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    status         BIGINT NOT NULL,
    body           TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_age ON idempotency (created_at);
