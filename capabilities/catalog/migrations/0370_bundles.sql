-- 一件事: the newest version of each bundle. Its content stands in bundle_versions.
CREATE TABLE bundles (
  bundle_key TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  audience   TEXT   NOT NULL,
  region     TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  digest     BLOB   NOT NULL,
  -- Taken down: not offered any more, still readable.
  down       BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (bundle_key)
) STRICT;

-- Published versions of bundles. Rows are inserted and never changed or deleted.
CREATE TABLE bundle_versions (
  bundle_key   TEXT   NOT NULL,
  version      BIGINT NOT NULL,
  body         TEXT   NOT NULL,
  digest       BLOB   NOT NULL,
  reason       TEXT   NOT NULL,
  published_at BIGINT NOT NULL,
  published_by TEXT   NOT NULL,
  PRIMARY KEY (bundle_key, version)
) STRICT;

-- 编制 → 审核 → 发布 of a bundle: at most one draft for each. The revision goes on from draft to draft.
CREATE TABLE bundle_drafts (
  bundle_key  TEXT   NOT NULL,
  body        TEXT   NOT NULL,
  state       TEXT   NOT NULL,
  revision    BIGINT NOT NULL,
  editor      BLOB   NOT NULL,
  editor_name TEXT   NOT NULL,
  note        TEXT   NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (bundle_key)
) STRICT;

-- Every step of every draft with its content. Inserted only.
CREATE TABLE bundle_trail (
  bundle_key TEXT   NOT NULL,
  revision   BIGINT NOT NULL,
  kind       TEXT   NOT NULL,
  by_name    TEXT   NOT NULL,
  by_id      BLOB   NOT NULL,
  reason     TEXT   NOT NULL,
  body       TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (bundle_key, revision)
) STRICT;
