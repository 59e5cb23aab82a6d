-- Places where people are served. Closed ones stay: cases and windows name them.
CREATE TABLE halls (
    hall_id    BLOB NOT NULL PRIMARY KEY,
    key        TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    tier       TEXT,
    region     TEXT NOT NULL,
    parent     BLOB,
    address    TEXT NOT NULL,
    phone      TEXT NOT NULL,
    zones      TEXT NOT NULL,
    note       TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to   TEXT
) STRICT;

CREATE UNIQUE INDEX halls_by_key ON halls (key);
CREATE INDEX halls_by_region ON halls (region, key);

-- When a hall is open: the days of the week (1 Monday … 7 Sunday) and the minutes of the day.
CREATE TABLE hall_hours (
    hall_id  BLOB NOT NULL,
    position BIGINT NOT NULL,
    weekdays TEXT NOT NULL,
    opens    BIGINT NOT NULL,
    closes   BIGINT NOT NULL,
    PRIMARY KEY (hall_id, position)
) STRICT;

CREATE TABLE windows (
    window_id BLOB NOT NULL PRIMARY KEY,
    hall_id   BLOB NOT NULL,
    number    TEXT NOT NULL,
    name      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    closed_on TEXT
) STRICT;

CREATE UNIQUE INDEX windows_by_number ON windows (hall_id, number);

-- Whose matters a window takes in; a window without a row here takes everybody's.
CREATE TABLE window_orgs (
    window_id BLOB NOT NULL,
    org_id    BLOB NOT NULL,
    PRIMARY KEY (window_id, org_id)
) STRICT;

CREATE INDEX window_orgs_by_org ON window_orgs (org_id);
