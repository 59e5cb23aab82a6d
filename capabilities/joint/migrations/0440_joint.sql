-- Several items applied for with one form: what a draft's composite item stands for.
CREATE TABLE joint_composites (
  composite_id BLOB   NOT NULL,
  -- JSON: which bundle, which items, which stage.
  spec         TEXT   NOT NULL,
  made_at      BIGINT NOT NULL,
  PRIMARY KEY (composite_id)
) STRICT;

-- Which case belongs to which whole; a copy of the link in the case, to be found by the child.
CREATE TABLE joint_children (
  child_id  BLOB   NOT NULL,
  parent_id BLOB   NOT NULL,
  PRIMARY KEY (child_id)
) STRICT;

-- The wholes, for the lists of the bodies that lead them.
CREATE TABLE joint_roots (
  case_id   BLOB   NOT NULL,
  -- bundle, cart, stage, project
  variety   TEXT   NOT NULL,
  org_id    BLOB   NOT NULL,
  region    TEXT   NOT NULL,
  opened_at BIGINT NOT NULL,
  PRIMARY KEY (case_id)
) STRICT;

CREATE INDEX joint_roots_by_variety ON joint_roots (variety, opened_at);
