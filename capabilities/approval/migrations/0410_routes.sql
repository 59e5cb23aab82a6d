CREATE TABLE routes (
    route_id       BLOB   NOT NULL PRIMARY KEY,
    item_id        BLOB   NOT NULL,
    number         BIGINT NOT NULL,
    state          TEXT   NOT NULL,
    revision       BIGINT NOT NULL,
    body           TEXT   NOT NULL,
    note           TEXT   NOT NULL,
    drafted_by     BLOB   NOT NULL,
    drafted_name   TEXT   NOT NULL,
    changed_at     BIGINT NOT NULL,
    published_name TEXT   NOT NULL,
    published_at   BIGINT
) STRICT;
CREATE INDEX routes_by_item ON routes (item_id, number);
