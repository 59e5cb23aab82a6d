-- 民法典第十九条: from when a guardian acts only with the child's own consent, and when and how it was given.
ALTER TABLE proxies ADD COLUMN consent_from TEXT;
ALTER TABLE proxies ADD COLUMN consent_at BIGINT;
ALTER TABLE proxies ADD COLUMN consent_how TEXT NOT NULL DEFAULT '';
