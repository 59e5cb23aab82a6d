-- 关怀版, chosen once, follows the account to every browser.
ALTER TABLE accounts ADD COLUMN care BIGINT NOT NULL DEFAULT 0;
