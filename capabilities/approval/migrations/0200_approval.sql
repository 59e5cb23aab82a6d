CREATE TABLE case_answers (
    case_id  BLOB   NOT NULL,
    revision BIGINT NOT NULL,
    sealed   BLOB   NOT NULL,
    PRIMARY KEY (case_id, revision)
) STRICT, WITHOUT ROWID;
