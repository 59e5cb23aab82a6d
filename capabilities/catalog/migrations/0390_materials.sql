-- 材料库: what a paper is, whoever asks for it. One row per standard material as it stands now.
CREATE TABLE standard_materials (
  code        TEXT   NOT NULL,
  name        TEXT   NOT NULL,
  -- Everything else, as JSON.
  body        TEXT   NOT NULL,
  -- The code it goes over to; '' while it stands for itself.
  merged_into TEXT   NOT NULL,
  revision    BIGINT NOT NULL,
  changed_by  TEXT   NOT NULL,
  changed_at  BIGINT NOT NULL,
  PRIMARY KEY (code)
) STRICT;

-- Who changed what, one row per revision. Rows are only inserted.
CREATE TABLE standard_material_changes (
  code     TEXT   NOT NULL,
  revision BIGINT NOT NULL,
  -- created, changed, merged, separated
  kind     TEXT   NOT NULL,
  -- The material as it was after the change, as JSON.
  body     TEXT   NOT NULL,
  reason   TEXT   NOT NULL,
  by_name  TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (code, revision)
) STRICT;

-- What the newest version of each item asks for.
CREATE TABLE item_materials (
  item_id  BLOB NOT NULL,
  key      TEXT NOT NULL,
  -- Code in the library; '' where nobody said which paper it is.
  standard TEXT NOT NULL,
  name     TEXT NOT NULL,
  PRIMARY KEY (item_id, key)
) STRICT;

CREATE INDEX item_materials_by_standard ON item_materials (standard, name, item_id);
