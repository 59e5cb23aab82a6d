-- 草稿: an application that is being filled in. One row per draft; answers and materials are sealed.
CREATE TABLE drafts (
  draft_id    BLOB   NOT NULL,
  -- The applicant: the person themselves or a party they act for.
  party_id    BLOB   NOT NULL,
  -- The account that fills it in; nobody else sees it.
  filed_by    BLOB   NOT NULL,
  item_id     BLOB   NOT NULL,
  version_id  BLOB   NOT NULL,
  -- SM4-GCM over JSON; empty once the draft became a case.
  body_sealed BLOB   NOT NULL,
  -- Page to come back to.
  page        TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  -- The case it became.
  case_id     BLOB,
  PRIMARY KEY (draft_id)
) STRICT;

CREATE INDEX drafts_by_account ON drafts (filed_by, updated_at);
CREATE INDEX drafts_by_expiry ON drafts (expires_at);

-- Who uploaded which file. Only they can attach it; knowing a digest gives nothing.
CREATE TABLE uploads (
  account_id  BLOB   NOT NULL,
  digest      BLOB   NOT NULL,
  name        TEXT   NOT NULL,
  media_type  TEXT   NOT NULL,
  size        BIGINT NOT NULL,
  uploaded_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, digest)
) STRICT;
