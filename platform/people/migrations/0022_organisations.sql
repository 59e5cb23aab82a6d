-- Bodies of the administration. Closed ones stay: cases name them.
CREATE TABLE organisations (
    org_id     BLOB NOT NULL PRIMARY KEY,
    key        TEXT NOT NULL,
    name       TEXT NOT NULL,
    short_name TEXT NOT NULL,
    uscc       TEXT,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    level      BIGINT NOT NULL,
    region     TEXT NOT NULL,
    parent     BLOB,
    phone      TEXT,
    valid_from TEXT NOT NULL,
    valid_to   TEXT
) STRICT;

CREATE UNIQUE INDEX organisations_by_key ON organisations (key);
CREATE INDEX organisations_by_region ON organisations (region, key);

CREATE TABLE staff (
    staff_id   BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    name       TEXT NOT NULL,
    org_id     BLOB NOT NULL,
    title      TEXT NOT NULL,
    window_id  BLOB,
    created_at BIGINT NOT NULL,
    left_at    BIGINT
) STRICT;

CREATE UNIQUE INDEX staff_by_account ON staff (account_id);
CREATE INDEX staff_by_org ON staff (org_id, staff_id);
CREATE INDEX staff_by_window ON staff (window_id);

-- What a member of staff may do where.
CREATE TABLE grants (
    staff_id BLOB NOT NULL,
    position BIGINT NOT NULL,
    role     TEXT NOT NULL,
    region   TEXT NOT NULL,
    org_id   BLOB,
    PRIMARY KEY (staff_id, position)
) STRICT;

CREATE INDEX grants_by_role ON grants (role);
