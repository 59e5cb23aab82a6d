-- What happened, in one order for everyone: positions 1, 2, 3 … with no gap.
CREATE TABLE feed (
    position BIGINT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    subject  BLOB NOT NULL,
    seq      BIGINT NOT NULL,
    at_ms    BIGINT NOT NULL,
    hash     BLOB NOT NULL
) STRICT;

-- only: postgres
-- Entries of committed transactions that have no position yet. Always nearly empty, so it is vacuumed by the
-- sequencer itself rather than by chance.
CREATE TABLE feed_pending (
    pending_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    BLOB NOT NULL,
    seq        BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL,
    hash       BLOB NOT NULL
);
-- end

-- How far each consumer has come.
CREATE TABLE feed_bookmarks (
    consumer TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
) STRICT;
