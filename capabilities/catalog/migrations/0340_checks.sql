-- What administrators set for the catalogue: words that are catch-alls, rules of uniformity. One JSON text each.
CREATE TABLE catalog_settings (
  name       TEXT   NOT NULL,
  body       TEXT   NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT   NOT NULL,
  PRIMARY KEY (name)
) STRICT;

-- Looks over the whole list or one body's part of it. They stay, so that two of them can be compared.
CREATE TABLE check_runs (
  run_id      BLOB   NOT NULL,
  -- The body looked at; none for all.
  org_id      BLOB,
  state       TEXT   NOT NULL,
  -- The rules of uniformity as they were then.
  rules       TEXT   NOT NULL,
  started_by  TEXT   NOT NULL,
  started_at  BIGINT NOT NULL,
  -- When it last moved on.
  touched_at  BIGINT NOT NULL,
  finished_at BIGINT,
  items       BIGINT NOT NULL,
  done        BIGINT NOT NULL,
  found       BIGINT NOT NULL,
  note        TEXT   NOT NULL,
  PRIMARY KEY (run_id)
) STRICT;

CREATE INDEX check_runs_by_start ON check_runs (started_at, run_id);

CREATE TABLE check_findings (
  run_id         BLOB   NOT NULL,
  n              BIGINT NOT NULL,
  item_id        BLOB   NOT NULL,
  org_id         BLOB   NOT NULL,
  item_name      TEXT   NOT NULL,
  -- c1 … c10, or the key of a rule of uniformity.
  rule           TEXT   NOT NULL,
  -- The element of the standard, e.g. materials.
  field          TEXT   NOT NULL,
  -- Where exactly, e.g. materials[2].name.
  path           TEXT   NOT NULL,
  stops          BIGINT NOT NULL,
  message        TEXT   NOT NULL,
  value          TEXT   NOT NULL,
  benchmark      TEXT   NOT NULL,
  benchmark_item BLOB,
  PRIMARY KEY (run_id, n)
) STRICT;

CREATE INDEX check_findings_by_org ON check_findings (run_id, org_id, n);
CREATE INDEX check_findings_by_rule ON check_findings (run_id, rule, field, n);
CREATE INDEX check_findings_by_item ON check_findings (run_id, item_id, n);

-- 抽查: guides drawn at random. Seed and number let anybody draw the same ones again.
CREATE TABLE spot_checks (
  check_id   BLOB   NOT NULL,
  title      TEXT   NOT NULL,
  -- The body drawn from; none for all.
  org_id     BLOB,
  seed       TEXT   NOT NULL,
  population BIGINT NOT NULL,
  size       BIGINT NOT NULL,
  -- SM3 over the ids that were drawn from, in their order.
  digest     BLOB   NOT NULL,
  drawn_at   BIGINT NOT NULL,
  drawn_by   TEXT   NOT NULL,
  PRIMARY KEY (check_id)
) STRICT;

CREATE TABLE spot_check_items (
  check_id   BLOB   NOT NULL,
  n          BIGINT NOT NULL,
  item_id    BLOB   NOT NULL,
  version    BIGINT NOT NULL,
  org_id     BLOB   NOT NULL,
  item_name  TEXT   NOT NULL,
  checked_at BIGINT,
  checked_by TEXT   NOT NULL,
  -- Sections of the guide that are wrong, as JSON: section and note.
  wrong      TEXT   NOT NULL,
  errors     BIGINT NOT NULL,
  PRIMARY KEY (check_id, n)
) STRICT;
