-- Everything a queue is counted by and passed over by; what a row is called by is read from the table.
DROP INDEX tasks_due;
DROP INDEX tasks_org_due;
CREATE INDEX tasks_due
    ON tasks (due_at, case_id, no, words, permission, region, near_at, kind, staff_id, title);
CREATE INDEX tasks_org_due
    ON tasks (org_id, due_at, case_id, no, words, permission, region, near_at, kind, staff_id, title);

-- Everything a board counts, for one organisation as for all: watched clocks are few enough to pass over, and an index
-- by organisation took a page of its own for every organisation in every commit.
DROP INDEX clocks_due;
DROP INDEX clocks_org_due;
CREATE INDEX clocks_due
    ON clocks (due_at, case_id, clock_id, org_id, region, near_at, kind, provisional, watched)
    WHERE watched = 1;
