-- only: sqlite
-- `doc` is `sort` times 2^20 plus a running number, so that the index's own order is the order of the answers.
CREATE TABLE search_docs (
    doc    BIGINT NOT NULL PRIMARY KEY,
    kind   TEXT NOT NULL,
    id     BLOB NOT NULL,
    sort   BIGINT NOT NULL,
    tokens TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX search_docs_by_id ON search_docs (kind, id);

CREATE VIRTUAL TABLE search_terms USING fts5 (
    tokens,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = 'ascii'
);
-- end

-- only: postgres
CREATE TABLE search_docs (
    kind   TEXT NOT NULL,
    id     BYTEA NOT NULL,
    sort   BIGINT NOT NULL,
    tokens TSVECTOR NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX search_docs_by_sort ON search_docs (kind, sort DESC);
CREATE INDEX search_docs_by_token ON search_docs USING GIN (tokens);
-- end
