CREATE TABLE license_states (
    license_id TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    case_id    BLOB   NOT NULL,
    body       TEXT   NOT NULL,
    PRIMARY KEY (license_id, seq)
) STRICT;

CREATE INDEX license_states_case ON license_states (case_id);
