-- The characters of the applicant's name and the title as bits (see words.rs). A row written before this has
-- every bit: it is always read.
ALTER TABLE tasks ADD COLUMN words BIGINT NOT NULL DEFAULT -1;

-- Everything a queue is counted by and passed over by, so that only rows that may match are looked up in the table;
-- and the title, for what a queue is about is asked for with every page of it.
DROP INDEX tasks_due;
DROP INDEX tasks_org_due;
CREATE INDEX tasks_due ON tasks (due_at, case_id, no, words, permission, region, near_at, case_no, title);
CREATE INDEX tasks_org_due
    ON tasks (org_id, due_at, case_id, no, words, permission, region, near_at, case_no, title);
