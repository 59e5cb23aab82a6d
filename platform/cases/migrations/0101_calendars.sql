CREATE TABLE calendars (
    no        BIGINT NOT NULL PRIMARY KEY,
    version   TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    loaded_at BIGINT NOT NULL,
    loaded_by TEXT   NOT NULL
) STRICT;
