-- Who asks: natural and legal persons. Numbers, phones and addresses are sealed; the blind columns find them.
CREATE TABLE parties (
    party_id             BLOB NOT NULL PRIMARY KEY,
    kind                 TEXT NOT NULL,
    name                 TEXT NOT NULL,
    id_number_enc        BLOB NOT NULL,
    id_number_blind      BLOB NOT NULL,
    phone_enc            BLOB,
    phone_blind          BLOB,
    address_enc          BLOB,
    region               TEXT NOT NULL,
    legal_representative TEXT,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL
) STRICT;

CREATE UNIQUE INDEX parties_by_id_number ON parties (id_number_blind);
CREATE INDEX parties_by_phone ON parties (phone_blind);

-- Who may act for whom, and for what. A row is never changed but by its revocation.
CREATE TABLE proxies (
    proxy_id   BLOB NOT NULL PRIMARY KEY,
    principal  BLOB NOT NULL,
    agent      BLOB NOT NULL,
    items      TEXT,
    valid_from TEXT NOT NULL,
    valid_to   TEXT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
) STRICT;

CREATE INDEX proxies_by_agent ON proxies (agent, principal);
CREATE INDEX proxies_by_principal ON proxies (principal);
