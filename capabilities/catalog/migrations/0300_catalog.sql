-- 事项: one row per item and its newest version; what lists, searches and imports ask for stands in columns.
CREATE TABLE items (
  item_id            BLOB   NOT NULL,
  -- What an import recognises the item by: its implementing code, else its local code or its name at one body.
  item_key           TEXT   NOT NULL,
  impl_code          TEXT   NOT NULL,
  base_code          TEXT   NOT NULL,
  local_code         TEXT   NOT NULL,
  name               TEXT   NOT NULL,
  org_id             BLOB   NOT NULL,
  region             TEXT   NOT NULL,
  item_type          TEXT   NOT NULL,
  state              TEXT   NOT NULL,
  current_version_id BLOB   NOT NULL,
  version            BIGINT NOT NULL,
  digest             BLOB   NOT NULL,
  flag_count         BIGINT NOT NULL,
  -- What browsing and searching need of the item, as JSON; derived from the version.
  brief              TEXT   NOT NULL,
  -- Goes up by one with every publication, suspension and resumption.
  revision           BIGINT NOT NULL,
  -- The catalogue's generation at the last change.
  generation         BIGINT NOT NULL,
  updated_at         BIGINT NOT NULL,
  PRIMARY KEY (item_id)
) STRICT;

CREATE UNIQUE INDEX items_by_key ON items (item_key);
CREATE INDEX items_by_impl_code ON items (impl_code);
CREATE INDEX items_by_org ON items (org_id, name, item_id);
CREATE INDEX items_by_name ON items (name, item_id);
CREATE INDEX items_by_generation ON items (generation);

-- Published versions. Rows are inserted and never changed or deleted.
CREATE TABLE item_versions (
  version_id   BLOB   NOT NULL,
  item_id      BLOB   NOT NULL,
  version      BIGINT NOT NULL,
  org_id       BLOB   NOT NULL,
  body         TEXT   NOT NULL,
  digest       BLOB   NOT NULL,
  flags        TEXT   NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT   NOT NULL,
  PRIMARY KEY (version_id)
) STRICT;

CREATE UNIQUE INDEX item_versions_by_item ON item_versions (item_id, version);

-- Who changed what, one row per revision of an item.
CREATE TABLE item_changes (
  item_id  BLOB   NOT NULL,
  revision BIGINT NOT NULL,
  kind     TEXT   NOT NULL,
  version  BIGINT NOT NULL,
  by_name  TEXT   NOT NULL,
  reason   TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (item_id, revision)
) STRICT;

-- How often items were applied for, counted elsewhere and replaced as a whole.
CREATE TABLE item_popularity (
  item_id BLOB   NOT NULL,
  uses    BIGINT NOT NULL,
  PRIMARY KEY (item_id)
) STRICT;

-- One row, from the first change on: the generation of the catalogue, by which other processes see that it changed.
CREATE TABLE catalog_state (
  one        BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (one)
) STRICT;

-- Imports: looked at first, done after confirmation.
CREATE TABLE catalog_imports (
  import_id   BLOB   NOT NULL,
  file_name   TEXT   NOT NULL,
  account_id  BLOB   NOT NULL,
  org_id      BLOB,
  mapping     TEXT   NOT NULL,
  keep_good   BIGINT NOT NULL,
  -- The file, kept by content among the stored files.
  file_digest BLOB   NOT NULL,
  created_at  BIGINT NOT NULL,
  done_at     BIGINT,
  outcome     TEXT,
  PRIMARY KEY (import_id)
) STRICT;
