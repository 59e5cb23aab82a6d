-- 编制 → 审核 → 发布: one row per draft. A draft that was published or given up stays, with its trail.
CREATE TABLE item_drafts (
  draft_id     BLOB   NOT NULL,
  -- None for an item that does not exist yet.
  item_id      BLOB,
  org_id       BLOB   NOT NULL,
  region       TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  -- Version it was made from; 0 for a new item.
  from_version BIGINT NOT NULL,
  body         TEXT   NOT NULL,
  state        TEXT   NOT NULL,
  -- Goes up with every change: who saves says which one they saw.
  revision     BIGINT NOT NULL,
  -- Drafts that are reviewed, published and undone together.
  batch_id     BLOB,
  editor       BLOB   NOT NULL,
  editor_name  TEXT   NOT NULL,
  reviewer     BLOB,
  -- From when it shall hold; none for at once.
  effective_at BIGINT,
  -- Version it became.
  version      BIGINT,
  note         TEXT   NOT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (draft_id)
) STRICT;

-- One open draft per item: two people edit the same one and see each other's changes.
CREATE UNIQUE INDEX item_drafts_open ON item_drafts (item_id)
  WHERE item_id IS NOT NULL AND state IN ('editing', 'in_review', 'approved');
CREATE INDEX item_drafts_by_state ON item_drafts (state, org_id, updated_at);
CREATE INDEX item_drafts_by_batch ON item_drafts (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX item_drafts_due ON item_drafts (effective_at) WHERE state = 'approved';

-- Every revision of a draft with its content: the ground on which a late save is merged. Inserted only.
CREATE TABLE draft_trail (
  draft_id BLOB   NOT NULL,
  revision BIGINT NOT NULL,
  kind     TEXT   NOT NULL,
  by_name  TEXT   NOT NULL,
  by_id    BLOB,
  reason   TEXT   NOT NULL,
  body     TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (draft_id, revision)
) STRICT;
