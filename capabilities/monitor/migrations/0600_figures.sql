-- What each case has reached, and when: a copy of what the trails say, for lists and counts. Follows the feed.
CREATE TABLE monitor_marks (
    case_id  BLOB   NOT NULL,
    measure  BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    org_id   BLOB   NOT NULL,
    region   TEXT   NOT NULL,
    item     TEXT   NOT NULL,
    late     BIGINT NOT NULL,
    used     BIGINT,
    promised BIGINT,
    PRIMARY KEY (case_id, measure)
) STRICT, WITHOUT ROWID;

CREATE INDEX monitor_marks_at ON monitor_marks (measure, at, case_id, org_id, region, item);
CREATE INDEX monitor_marks_org ON monitor_marks (measure, org_id, at, case_id);

-- How many marks a day (d2026-05-21) or a month (m2026-05) has. Rows of one body and rows of all bodies (sixteen
-- zeros), rows of one item and rows of all items (empty).
CREATE TABLE monitor_counts (
    item     TEXT   NOT NULL,
    org_id   BLOB   NOT NULL,
    measure  BIGINT NOT NULL,
    span     TEXT   NOT NULL,
    region   TEXT   NOT NULL,
    n        BIGINT NOT NULL,
    late     BIGINT NOT NULL,
    timed    BIGINT NOT NULL,
    used     BIGINT NOT NULL,
    promised BIGINT NOT NULL,
    PRIMARY KEY (item, org_id, measure, span, region)
) STRICT, WITHOUT ROWID;

-- Submissions by hour of the week, 0 being Monday from midnight to one; otherwise as above.
CREATE TABLE monitor_hours (
    item   TEXT   NOT NULL,
    org_id BLOB   NOT NULL,
    span   TEXT   NOT NULL,
    hour   BIGINT NOT NULL,
    region TEXT   NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (item, org_id, span, hour, region)
) STRICT, WITHOUT ROWID;

-- Names of items that cases were submitted for.
CREATE TABLE monitor_items (
    item TEXT   NOT NULL PRIMARY KEY,
    n    BIGINT NOT NULL
) STRICT, WITHOUT ROWID;
