-- Whom a case that rules looked at is about, by a keyed code of the number: the next application about the same
-- subject finds it.
CREATE TABLE smart_subjects (
    base_code TEXT   NOT NULL,
    subject   BLOB   NOT NULL,
    case_id   BLOB   NOT NULL,
    case_no   TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (base_code, subject, case_id)
) STRICT;
