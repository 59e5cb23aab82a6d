-- The five-level tree of administrative divisions. Abolished codes stay with the day they ended.
CREATE TABLE regions (
    code        TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    level       TEXT NOT NULL,
    parent      TEXT,
    valid_from  TEXT NOT NULL,
    valid_to    TEXT,
    replaced_by TEXT
) STRICT;

CREATE INDEX regions_by_parent ON regions (parent, code);
