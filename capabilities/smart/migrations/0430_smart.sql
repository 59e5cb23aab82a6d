-- Rule sets by 基本编码; a published version never changes.
CREATE TABLE smart_rule_sets (
    base_code    TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    digest       BLOB   NOT NULL,
    note         TEXT   NOT NULL,
    drafted_by   BLOB,
    drafted_name TEXT   NOT NULL,
    drafted_at   BIGINT NOT NULL,
    reviewed_by  BLOB,
    reviewed_name TEXT,
    reviewed_at  BIGINT,
    PRIMARY KEY (base_code, version)
) STRICT;

-- How far the rules may go: scope is `*`, `base:<基本编码>` or `item:<事项标识>`.
CREATE TABLE smart_modes (
    scope TEXT NOT NULL PRIMARY KEY,
    mode  TEXT NOT NULL
) STRICT;

-- Every publication, switch and change of a source; never changed.
CREATE TABLE smart_acts (
    act_id  BLOB   NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    what    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    staff_id BLOB
) STRICT;

CREATE INDEX smart_acts_by_time ON smart_acts (at);

-- Where data come from.
CREATE TABLE smart_sources (
    source  TEXT NOT NULL PRIMARY KEY,
    body    TEXT NOT NULL
) STRICT;

-- Registers kept here. A subject is found by a keyed code of its number, a month of birth by a keyed code of the month.
CREATE TABLE smart_registers (
    source      TEXT   NOT NULL,
    subject     BLOB   NOT NULL,
    place       BIGINT NOT NULL,
    sealed      BLOB   NOT NULL,
    observed_at BIGINT NOT NULL,
    born        BLOB,
    PRIMARY KEY (source, subject, place)
) STRICT;

CREATE INDEX smart_registers_by_birth ON smart_registers (born);

-- Calls of sources: who was asked for what purpose, never about whom.
CREATE TABLE smart_calls (
    call_id     BLOB   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    source      TEXT   NOT NULL,
    purpose     TEXT   NOT NULL,
    legal_basis TEXT   NOT NULL,
    run_id      BLOB   NOT NULL,
    result      TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    took_ms     BIGINT NOT NULL
) STRICT;

CREATE INDEX smart_calls_by_source ON smart_calls (source, at);
CREATE INDEX smart_calls_by_run ON smart_calls (run_id);

-- Evaluations. The inputs are sealed; the verdict holds no personal data.
CREATE TABLE smart_runs (
    run_id      BLOB   NOT NULL PRIMARY KEY,
    case_id     BLOB   NOT NULL,
    case_no     TEXT   NOT NULL,
    item_id     BLOB   NOT NULL,
    base_code   TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    org_id      BLOB   NOT NULL,
    set_version BIGINT NOT NULL,
    set_digest  BLOB   NOT NULL,
    mode        TEXT   NOT NULL,
    outcome     TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    took_us     BIGINT NOT NULL,
    inputs      BLOB   NOT NULL,
    verdict     TEXT   NOT NULL,
    digest      BLOB   NOT NULL
) STRICT;

CREATE INDEX smart_runs_by_case ON smart_runs (case_id);
CREATE INDEX smart_runs_by_time ON smart_runs (at, run_id);
CREATE INDEX smart_runs_by_item ON smart_runs (base_code, at);

-- What a person decided on a case that rules had looked at.
CREATE TABLE smart_comparisons (
    run_id    BLOB   NOT NULL PRIMARY KEY,
    base_code TEXT   NOT NULL,
    outcome   TEXT   NOT NULL,
    agrees    BIGINT NOT NULL,
    reason    TEXT   NOT NULL,
    at        BIGINT NOT NULL
) STRICT;

CREATE INDEX smart_comparisons_by_item ON smart_comparisons (base_code, at);

-- Automatic decisions drawn to be checked by a person.
CREATE TABLE smart_samples (
    run_id     BLOB   NOT NULL PRIMARY KEY,
    day        TEXT   NOT NULL,
    base_code  TEXT   NOT NULL,
    region     TEXT   NOT NULL,
    org_id     BLOB   NOT NULL,
    drawn_at   BIGINT NOT NULL,
    drawn_from BIGINT NOT NULL,
    result     TEXT,
    note       TEXT   NOT NULL,
    checked_by BLOB,
    checked_name TEXT,
    checked_at BIGINT
) STRICT;

CREATE INDEX smart_samples_by_day ON smart_samples (day);

-- What was offered to somebody without their asking.
CREATE TABLE smart_offers (
    offer_id  BLOB   NOT NULL PRIMARY KEY,
    base_code TEXT   NOT NULL,
    item_id   BLOB   NOT NULL,
    subject   BLOB   NOT NULL,
    region    TEXT   NOT NULL,
    month     TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    sealed    BLOB   NOT NULL,
    made_at   BIGINT NOT NULL,
    answered_at BIGINT,
    case_id   BLOB
) STRICT;

CREATE UNIQUE INDEX smart_offers_once ON smart_offers (base_code, subject);
CREATE INDEX smart_offers_by_subject ON smart_offers (subject);
CREATE INDEX smart_offers_by_month ON smart_offers (month, offer_id);
