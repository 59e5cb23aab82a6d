-- Who had a draft open last, so that two editors know of each other. Overwritten, never a record of anything.
CREATE TABLE draft_presence (
  draft_id BLOB   NOT NULL,
  staff_id BLOB   NOT NULL,
  name     TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (draft_id, staff_id)
) STRICT;

-- Who claimed a base item.
CREATE INDEX items_by_base_code ON items (base_code);
