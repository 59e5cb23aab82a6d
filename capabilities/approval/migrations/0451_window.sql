-- Quantity-limited licences: how many places there are of an item in a period ('all', or a year).
CREATE TABLE quotas (
    item_id BLOB   NOT NULL,
    period  TEXT   NOT NULL,
    total   BIGINT NOT NULL,
    -- Orders of acceptance given out, and places taken.
    issued  BIGINT NOT NULL,
    taken   BIGINT NOT NULL,
    set_at  BIGINT NOT NULL,
    PRIMARY KEY (item_id, period)
) STRICT;

-- Who set a total, to what, and why; never changed.
CREATE TABLE quota_changes (
    item_id BLOB   NOT NULL,
    period  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    total   BIGINT NOT NULL,
    reason  TEXT   NOT NULL,
    set_by  TEXT   NOT NULL,
    PRIMARY KEY (item_id, period, at)
) STRICT;

-- One row for each accepted application of such an item: state waiting, granted or left.
CREATE TABLE quota_places (
    case_id     BLOB   NOT NULL PRIMARY KEY,
    item_id     BLOB   NOT NULL,
    period      TEXT   NOT NULL,
    order_no    BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    state       TEXT   NOT NULL
) STRICT;

CREATE UNIQUE INDEX quota_places_in_order ON quota_places (item_id, period, order_no);
CREATE INDEX quota_places_waiting ON quota_places (item_id, period, state, order_no);

-- 窗口无否决权: what a window passed on instead of turning it away, to be counted.
CREATE TABLE escalations (
    case_id     BLOB   NOT NULL,
    seq         BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    org_id      BLOB   NOT NULL,
    region      TEXT   NOT NULL,
    staff_name  TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    answered_at BIGINT,
    PRIMARY KEY (case_id, seq)
) STRICT;

CREATE INDEX escalations_by_time ON escalations (at);

-- 收受分离: accepted in one place, decided in another. The message itself is a detail of the case.
CREATE TABLE transfers (
    case_id     BLOB   NOT NULL PRIMARY KEY,
    case_no     TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    from_org    BLOB   NOT NULL,
    from_region TEXT   NOT NULL,
    to_org      BLOB   NOT NULL,
    to_region   TEXT   NOT NULL,
    opened_at   BIGINT NOT NULL,
    sent_at     BIGINT,
    received_at BIGINT,
    digest      TEXT   NOT NULL
) STRICT;

CREATE INDEX transfers_from ON transfers (from_region, opened_at);
CREATE INDEX transfers_to ON transfers (to_region, opened_at);

-- 绿色通道: cases that are shown first while they are open.
CREATE TABLE green_cases (
    case_id BLOB   NOT NULL PRIMARY KEY,
    ground  TEXT   NOT NULL,
    org_id  BLOB   NOT NULL,
    region  TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    open    BIGINT NOT NULL
) STRICT;

CREATE INDEX green_cases_open ON green_cases (open, region);
