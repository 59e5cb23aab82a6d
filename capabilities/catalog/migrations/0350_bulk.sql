-- 批量: changes of many items, looked at line by line before they become drafts.
CREATE TABLE catalog_bulk (
  bulk_id    BLOB   NOT NULL,
  -- import, fields, merge
  kind       TEXT   NOT NULL,
  title      TEXT   NOT NULL,
  account_id BLOB   NOT NULL,
  by_name    TEXT   NOT NULL,
  -- What the lines were made from, as JSON: the choice, the rule, the bodies.
  params     TEXT   NOT NULL,
  -- Items looked at, and those that stay as they are.
  looked     BIGINT NOT NULL,
  unchanged  BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  done_at    BIGINT,
  -- The drafts that came of it.
  batch_id   BLOB,
  PRIMARY KEY (bulk_id)
) STRICT;

CREATE INDEX catalog_bulk_by_time ON catalog_bulk (created_at);

CREATE TABLE catalog_bulk_lines (
  bulk_id      BLOB   NOT NULL,
  n            BIGINT NOT NULL,
  -- None for an item that does not exist yet.
  item_id      BLOB,
  -- An open draft that goes along; none for most.
  draft_id     BLOB,
  org_id       BLOB   NOT NULL,
  region       TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  code         TEXT   NOT NULL,
  -- Version the line was made from; 0 for a new item.
  from_version BIGINT NOT NULL,
  body         TEXT   NOT NULL,
  changes      TEXT   NOT NULL,
  findings     TEXT   NOT NULL,
  -- Top-level fields that change, each between bars: |promised_limit|steps|
  fields       TEXT   NOT NULL,
  -- ready, refused, drafted, skipped
  state        TEXT   NOT NULL,
  note         TEXT   NOT NULL,
  PRIMARY KEY (bulk_id, n)
) STRICT;

-- 权项下放: who gave which power to whom, by what document, from when until when. Rows are kept.
CREATE TABLE catalog_delegations (
  delegation_id BLOB   NOT NULL,
  item_id       BLOB   NOT NULL,
  item_name     TEXT   NOT NULL,
  from_org      BLOB   NOT NULL,
  to_org        BLOB   NOT NULL,
  -- delegated, authorised, entrusted
  kind          TEXT   NOT NULL,
  basis         TEXT   NOT NULL,
  first_day     TEXT   NOT NULL,
  last_day      TEXT,
  -- The receiving body's draft.
  draft_id      BLOB   NOT NULL,
  by_name       TEXT   NOT NULL,
  created_at    BIGINT NOT NULL,
  PRIMARY KEY (delegation_id)
) STRICT;

CREATE INDEX catalog_delegations_by_item ON catalog_delegations (item_id);
CREATE INDEX catalog_delegations_by_time ON catalog_delegations (created_at);
