-- 基本目录事项: the newest version of each. Its content stands in base_versions.
CREATE TABLE base_items (
  base_code  TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  item_type  TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  digest     BLOB   NOT NULL,
  cancelled  BIGINT NOT NULL,
  revision   BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (base_code)
) STRICT;

CREATE INDEX base_items_by_name ON base_items (name, base_code);

-- Published versions of base items. Rows are inserted and never changed or deleted.
CREATE TABLE base_versions (
  base_code    TEXT   NOT NULL,
  version      BIGINT NOT NULL,
  body         TEXT   NOT NULL,
  digest       BLOB   NOT NULL,
  reason       TEXT   NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT   NOT NULL,
  PRIMARY KEY (base_code, version)
) STRICT;

-- What a body must still do because its base item changed: open until the body publishes after the new version.
CREATE TABLE adoptions (
  item_id      BLOB   NOT NULL,
  base_code    TEXT   NOT NULL,
  base_version BIGINT NOT NULL,
  org_id       BLOB   NOT NULL,
  opened_at    BIGINT NOT NULL,
  due_at       BIGINT NOT NULL,
  closed_at    BIGINT,
  PRIMARY KEY (item_id, base_version)
) STRICT;

CREATE INDEX adoptions_open ON adoptions (due_at, item_id) WHERE closed_at IS NULL;
CREATE INDEX adoptions_by_base ON adoptions (base_code, base_version);
