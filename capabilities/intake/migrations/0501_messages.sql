-- 消息: what an applicant was told about a case, in the order it happened. Written from the feed, never changed but
-- for when it was read.
CREATE TABLE messages (
  -- Derived from the case, the event and what is told, so that nothing is told twice.
  message_id BLOB   NOT NULL,
  -- The applicant: whoever may act for them reads it too.
  party_id   BLOB   NOT NULL,
  case_id    BLOB   NOT NULL,
  case_no    TEXT   NOT NULL,
  title      TEXT   NOT NULL,
  -- JSON: what is told, with the dates as they stood then.
  body       TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  -- Order among messages of one instant.
  place      BIGINT NOT NULL,
  read_at    BIGINT,
  PRIMARY KEY (message_id)
) STRICT;

CREATE INDEX messages_by_party ON messages (party_id, at, place);
CREATE INDEX messages_unread ON messages (party_id, at) WHERE read_at IS NULL;
CREATE INDEX messages_by_age ON messages (at);
