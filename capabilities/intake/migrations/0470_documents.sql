-- 我的材料: files a party handed in once and may use again. The files themselves stand in the object store and stay in
-- the cases they were handed in with.
CREATE TABLE documents (
  document_id BLOB   NOT NULL,
  party_id    BLOB   NOT NULL,
  -- Code of the standard material it is.
  standard    TEXT   NOT NULL,
  -- What its holder calls it.
  name        TEXT   NOT NULL,
  digest      BLOB   NOT NULL,
  file_name   TEXT   NOT NULL,
  media_type  TEXT   NOT NULL,
  size        BIGINT NOT NULL,
  -- The case it was handed in with first.
  case_id     BLOB   NOT NULL,
  case_no     TEXT   NOT NULL,
  added_at    BIGINT NOT NULL,
  -- Last day it counts; none for one without an end.
  valid_to    TEXT,
  -- Its holder does not want it offered any more.
  removed_at  BIGINT,
  PRIMARY KEY (party_id, document_id)
) STRICT;

CREATE UNIQUE INDEX documents_by_file ON documents (party_id, standard, digest);
CREATE INDEX documents_by_time ON documents (party_id, added_at, document_id);

-- Which cases a document was used in again.
CREATE TABLE document_uses (
  party_id BLOB   NOT NULL,
  digest   BLOB   NOT NULL,
  case_id  BLOB   NOT NULL,
  case_no  TEXT   NOT NULL,
  used_at  BIGINT NOT NULL,
  PRIMARY KEY (party_id, digest, case_id)
) STRICT;
