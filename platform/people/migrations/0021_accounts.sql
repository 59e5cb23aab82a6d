-- Who may sign in. A login may be a phone number, so it is sealed like one.
CREATE TABLE accounts (
    account_id          BLOB NOT NULL PRIMARY KEY,
    login_enc           BLOB NOT NULL,
    login_blind         BLOB NOT NULL,
    password_hash       TEXT NOT NULL,
    must_change         BIGINT NOT NULL,
    kind                TEXT NOT NULL,
    party_id            BLOB,
    staff_id            BLOB,
    created_at          BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    signed_in_at        BIGINT,
    disabled_at         BIGINT
) STRICT;

CREATE UNIQUE INDEX accounts_by_login ON accounts (login_blind);
CREATE UNIQUE INDEX accounts_by_party ON accounts (party_id);
CREATE UNIQUE INDEX accounts_by_staff ON accounts (staff_id);

-- Who is signed in. Only the digest of a token is here: this table signs nobody in.
CREATE TABLE sessions (
    token_digest BLOB NOT NULL PRIMARY KEY,
    account_id   BLOB NOT NULL,
    kind         TEXT NOT NULL,
    label        TEXT NOT NULL,
    csrf         BLOB NOT NULL,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    acting_for   BLOB
) STRICT;

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
