CREATE TABLE cases (
    case_id        BLOB   NOT NULL PRIMARY KEY,
    case_no        TEXT   NOT NULL UNIQUE,
    kind           TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    region         TEXT   NOT NULL,
    org_id         BLOB   NOT NULL,
    about_id       BLOB,
    title          TEXT   NOT NULL,
    applicant_id   BLOB   NOT NULL,
    applicant_name TEXT   NOT NULL,
    channel        TEXT   NOT NULL,
    opened_at      BIGINT NOT NULL,
    closed_at      BIGINT,
    due_at         BIGINT,
    outcome        TEXT,
    head           BLOB   NOT NULL,
    body           TEXT   NOT NULL
) STRICT;

CREATE INDEX cases_applicant ON cases (applicant_id, opened_at);
CREATE INDEX cases_org ON cases (org_id, opened_at);
CREATE INDEX cases_opened ON cases (opened_at, case_id);
CREATE INDEX cases_open_state ON cases (state, opened_at, case_id) WHERE closed_at IS NULL;

CREATE TABLE trail (
    case_id BLOB   NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    command TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    hash    BLOB   NOT NULL,
    PRIMARY KEY (case_id, seq)
) STRICT;

CREATE TABLE tasks (
    case_id        BLOB   NOT NULL,
    no             BIGINT NOT NULL,
    kind           TEXT   NOT NULL,
    permission     TEXT   NOT NULL,
    org_id         BLOB   NOT NULL,
    region         TEXT   NOT NULL,
    staff_id       BLOB,
    near_at        BIGINT NOT NULL,
    due_at         BIGINT NOT NULL,
    provisional    BIGINT NOT NULL,
    opened_at      BIGINT NOT NULL,
    case_no        TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    title          TEXT   NOT NULL,
    applicant_name TEXT   NOT NULL,
    PRIMARY KEY (case_id, no)
) STRICT;

-- Everything a queue is counted and searched by, so that only the rows of the page are looked up in the table.
CREATE INDEX tasks_due ON tasks (due_at, case_id, no, permission, region, near_at, case_no, applicant_name, title);
CREATE INDEX tasks_org_due
    ON tasks (org_id, due_at, case_id, no, permission, region, near_at, case_no, applicant_name, title);

CREATE TABLE clocks (
    case_id     BLOB   NOT NULL,
    clock_id    BLOB   NOT NULL,
    kind        TEXT   NOT NULL,
    org_id      BLOB   NOT NULL,
    region      TEXT   NOT NULL,
    near_at     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    provisional BIGINT NOT NULL,
    held        BIGINT NOT NULL,
    watched     BIGINT NOT NULL,
    PRIMARY KEY (case_id, clock_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX clocks_due ON clocks (due_at, case_id, clock_id);
CREATE INDEX clocks_org_due ON clocks (org_id, due_at, case_id, clock_id);

CREATE TABLE case_numbers (
    series TEXT   NOT NULL PRIMARY KEY,
    next   BIGINT NOT NULL
) STRICT;
