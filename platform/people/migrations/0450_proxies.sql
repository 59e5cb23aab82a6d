-- 授权代办 in full: at which level, on what ground, on which paper, recorded by whom.
ALTER TABLE proxies ADD COLUMN level TEXT NOT NULL DEFAULT 'agent';
ALTER TABLE proxies ADD COLUMN ground TEXT NOT NULL DEFAULT 'own';
ALTER TABLE proxies ADD COLUMN basis TEXT NOT NULL DEFAULT '';
ALTER TABLE proxies ADD COLUMN recorded_by TEXT NOT NULL DEFAULT '';

-- A fact of the population register: from this day on nobody acts for them, and they act for nobody.
ALTER TABLE parties ADD COLUMN deceased_on TEXT;

-- What was done under each authorisation: one row for each event of a case's trail. Never changed.
CREATE TABLE proxy_acts (
    proxy_id BLOB   NOT NULL,
    case_id  BLOB   NOT NULL,
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    command  TEXT   NOT NULL,
    case_no  TEXT   NOT NULL,
    title    TEXT   NOT NULL,
    PRIMARY KEY (proxy_id, case_id, seq)
) STRICT;

CREATE INDEX proxy_acts_by_time ON proxy_acts (proxy_id, at);

-- Who recorded that somebody has died, on what ground; never changed.
CREATE TABLE party_deaths (
    party_id    BLOB   NOT NULL PRIMARY KEY,
    died_on     TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    recorded_by TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL
) STRICT;
