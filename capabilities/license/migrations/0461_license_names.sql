-- What a certificate is called and which item made it, so that one of a kind is found without reading all of a holder's.
-- Empty in rows written before: those are looked through.
ALTER TABLE licenses ADD COLUMN type_name TEXT NOT NULL DEFAULT '';
ALTER TABLE licenses ADD COLUMN item_name TEXT NOT NULL DEFAULT '';

CREATE INDEX licenses_type ON licenses (holder_id, type_name, issued_at);
CREATE INDEX licenses_item ON licenses (holder_id, item_name, issued_at);
