CREATE TABLE reapply_bans (
    party_id  BLOB NOT NULL,
    family    TEXT NOT NULL,
    from_day  TEXT NOT NULL,
    until_day TEXT NOT NULL,
    law       TEXT NOT NULL,
    case_id   BLOB NOT NULL,
    case_no   TEXT NOT NULL,
    PRIMARY KEY (party_id, family, case_id)
) STRICT;

