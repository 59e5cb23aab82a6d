-- What administrators did: never changed, never deleted.
CREATE TABLE admin_acts (
    act_id  BLOB NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    account BLOB NOT NULL,
    name    TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
