CREATE TABLE ratings (
    case_id  BLOB   NOT NULL PRIMARY KEY,
    event    TEXT   NOT NULL,
    org_id   BLOB   NOT NULL,
    region   TEXT   NOT NULL,
    item     TEXT   NOT NULL,
    level    BIGINT NOT NULL,
    tags     TEXT   NOT NULL,
    tag_set  TEXT   NOT NULL,
    said     TEXT   NOT NULL,
    channel  TEXT   NOT NULL,
    rater_id BLOB   NOT NULL,
    rated_at BIGINT NOT NULL,
    digest   BLOB   NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ratings_org ON ratings (org_id, rated_at);
CREATE INDEX ratings_at ON ratings (rated_at);

-- How many ratings of each level a body was given in a month. On PostgreSQL a row per bucket, so that ratings
-- given at the same instant rarely wait for one another.
CREATE TABLE rating_counts (
    month  TEXT   NOT NULL,
    org_id BLOB   NOT NULL,
    level  BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (month, org_id, level, bucket)
) STRICT, WITHOUT ROWID;
