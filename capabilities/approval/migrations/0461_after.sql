CREATE TABLE license_applications (
    license_id TEXT   NOT NULL,
    case_id    BLOB   NOT NULL,
    wish       TEXT   NOT NULL,
    filed_at   BIGINT NOT NULL,
    PRIMARY KEY (license_id, case_id)
) STRICT;
