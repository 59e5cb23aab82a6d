CREATE TABLE licenses (
    license_id  TEXT   NOT NULL PRIMARY KEY,
    verify_code TEXT   NOT NULL UNIQUE,
    case_id     BLOB   NOT NULL UNIQUE,
    holder_id   BLOB   NOT NULL,
    issuer_id   BLOB   NOT NULL,
    state       TEXT   NOT NULL,
    valid_from  TEXT   NOT NULL,
    valid_to    TEXT,
    issued_at   BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    digest      BLOB   NOT NULL
) STRICT;

CREATE INDEX licenses_holder ON licenses (holder_id, issued_at);
