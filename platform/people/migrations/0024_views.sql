-- Filters of a list that somebody saved under a name, for themselves (owner is their staff_id) or for everybody of
-- their organisation (owner is its org_id).
CREATE TABLE saved_views (
    view_id    BLOB   NOT NULL PRIMARY KEY,
    list       TEXT   NOT NULL,
    owner      BLOB   NOT NULL,
    shared     BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    query      TEXT   NOT NULL,
    saved_by   BLOB   NOT NULL,
    saved_at   BIGINT NOT NULL
) STRICT;

CREATE UNIQUE INDEX saved_views_by_name ON saved_views (owner, list, name);

-- The view a list opens with.
CREATE TABLE default_views (
    staff_id BLOB NOT NULL,
    list     TEXT NOT NULL,
    view_id  BLOB NOT NULL,
    PRIMARY KEY (staff_id, list)
) STRICT;

-- Who saved, renamed, deleted or chose what; never changed.
CREATE TABLE saved_view_acts (
    act_id   BLOB   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    staff_id BLOB   NOT NULL,
    act      TEXT   NOT NULL,
    view_id  BLOB   NOT NULL,
    list     TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    query    TEXT   NOT NULL
) STRICT;

CREATE INDEX saved_view_acts_by_view ON saved_view_acts (view_id, at);
