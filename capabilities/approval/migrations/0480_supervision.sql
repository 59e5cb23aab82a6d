-- One table for everything that keeps somebody from promising or from applying again.
ALTER TABLE credit_entries ADD COLUMN org_id BLOB;
ALTER TABLE credit_entries ADD COLUMN case_no TEXT NOT NULL DEFAULT '';
-- The part of an implementing code that is the same wherever the item is exercised.
ALTER TABLE credit_entries ADD COLUMN family TEXT NOT NULL DEFAULT '';
ALTER TABLE credit_entries ADD COLUMN item_name TEXT NOT NULL DEFAULT '';

UPDATE credit_entries
   SET org_id = (SELECT c.org_id FROM cases c WHERE c.case_id = credit_entries.case_id),
       case_no = COALESCE((SELECT c.case_no FROM cases c WHERE c.case_id = credit_entries.case_id), ''),
       family = COALESCE((SELECT CASE WHEN length(i.impl_code) >= 31 THEN substr(i.impl_code, 20, 12) ELSE i.impl_code END
                            FROM items i WHERE i.item_id = credit_entries.item_id), ''),
       item_name = COALESCE((SELECT i.name FROM items i WHERE i.item_id = credit_entries.item_id), '');

-- A ban follows one decision of one case, so the case's id names it.
INSERT INTO credit_entries (entry_id, party_id, party_name, kind, item_id, case_id, region, reason, basis, until_on,
    made_at, made_by, repaired_at, repaired_by, repair_reason, org_id, case_no, family, item_name)
SELECT b.case_id, b.party_id, c.applicant_name,
       CASE WHEN b.law LIKE '%七十九%' THEN 'fraud' ELSE 'false_materials' END,
       NULL, b.case_id, c.region, '', b.law, b.until_day, COALESCE(c.closed_at, c.opened_at), '', NULL, '', '', c.org_id, b.case_no,
       b.family, c.title
  FROM reapply_bans b JOIN cases c ON c.case_id = b.case_id;

DROP TABLE reapply_bans;

CREATE INDEX credit_entries_region ON credit_entries (region, made_at, entry_id);

-- Who changed what is set for an item; never changed.
CREATE TABLE approval_setting_changes (
    change_id  BLOB   NOT NULL PRIMARY KEY,
    item_id    BLOB   NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL,
    staff_id   BLOB,
    reason     TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    changes    TEXT   NOT NULL
) STRICT;

CREATE INDEX approval_setting_changes_item ON approval_setting_changes (item_id, changed_at, change_id);
