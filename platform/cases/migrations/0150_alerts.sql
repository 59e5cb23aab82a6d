-- The next instant at which an open clock has something to tell, and the one after that.
ALTER TABLE clocks ADD COLUMN warn_at BIGINT NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE clocks ADD COLUMN red_at BIGINT NOT NULL DEFAULT 9223372036854775807;

UPDATE clocks SET warn_at = near_at, red_at = due_at WHERE watched = 1;

CREATE INDEX clocks_warn ON clocks (warn_at, clock_id);

CREATE TABLE alerts (
    case_id  BLOB   NOT NULL,
    clock_id BLOB   NOT NULL,
    level    TEXT   NOT NULL,
    due_at   BIGINT NOT NULL,
    fell_at  BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    org_id   BLOB   NOT NULL,
    region   TEXT   NOT NULL,
    staff_id BLOB,
    PRIMARY KEY (case_id, clock_id, level, due_at)
) STRICT;

CREATE INDEX alerts_at ON alerts (at, case_id, clock_id, level);
CREATE INDEX alerts_org ON alerts (org_id, at, case_id, clock_id, level);

-- Up to when somebody has looked at their alerts.
CREATE TABLE alerts_seen (
    staff_id BLOB   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL
) STRICT;

-- The bands the instants above were worked out with.
CREATE TABLE alert_bands (
    id     BIGINT NOT NULL PRIMARY KEY,
    yellow BIGINT NOT NULL,
    red    BIGINT NOT NULL
) STRICT;
