-- 交接班清单: what one shift leaves to the next, signed by both. The content never changes once it is made.
CREATE TABLE shift_lists (
    list_id     BLOB   NOT NULL PRIMARY KEY,
    org_id      BLOB   NOT NULL,
    region      TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    giver       BLOB   NOT NULL,
    giver_name  TEXT   NOT NULL,
    taker       BLOB,
    taker_name  TEXT   NOT NULL,
    content     TEXT   NOT NULL,
    digest      TEXT   NOT NULL,
    given_at    BIGINT NOT NULL,
    taken_at    BIGINT,
    remark      TEXT   NOT NULL
) STRICT;

CREATE INDEX shift_lists_by_org ON shift_lists (org_id, given_at);

-- Who has a case open now: a row lives for a minute after it was last touched.
CREATE TABLE presence (
    case_id  BLOB   NOT NULL,
    staff_id BLOB   NOT NULL,
    name     TEXT   NOT NULL,
    since    BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL,
    PRIMARY KEY (case_id, staff_id)
) STRICT;

CREATE INDEX presence_by_time ON presence (seen_at);

-- 帮办代办: whom a helper goes along with, and in which case.
CREATE TABLE assisted (
    staff_id BLOB   NOT NULL,
    case_id  BLOB   NOT NULL,
    note     TEXT   NOT NULL,
    since    BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (staff_id, case_id)
) STRICT;
