CREATE TABLE approval_settings (
    item_id    BLOB   NOT NULL PRIMARY KEY,
    body       TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL
) STRICT;

CREATE TABLE credit_entries (
    entry_id      BLOB   NOT NULL PRIMARY KEY,
    party_id      BLOB   NOT NULL,
    party_name    TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    item_id       BLOB,
    case_id       BLOB,
    region        TEXT   NOT NULL,
    reason        TEXT   NOT NULL,
    basis         TEXT   NOT NULL,
    until_on      TEXT,
    made_at       BIGINT NOT NULL,
    made_by       TEXT   NOT NULL,
    repaired_at   BIGINT,
    repaired_by   TEXT   NOT NULL,
    repair_reason TEXT   NOT NULL
) STRICT;

CREATE INDEX credit_entries_party ON credit_entries (party_id, made_at, entry_id);
CREATE INDEX credit_entries_made ON credit_entries (made_at, entry_id);
