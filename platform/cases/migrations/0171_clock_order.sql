-- Many clocks share one midnight. By case they stand there in the order they began, so that new ones are written
-- beside each other, where by their own random identifiers every one took a page of its own.
DROP INDEX clocks_warn;
CREATE INDEX clocks_warn ON clocks (warn_at, case_id, clock_id);

-- Boards look at watched clocks only.
DROP INDEX clocks_due;
DROP INDEX clocks_org_due;
CREATE INDEX clocks_due ON clocks (due_at, case_id, clock_id) WHERE watched = 1;
CREATE INDEX clocks_org_due ON clocks (org_id, due_at, case_id, clock_id) WHERE watched = 1;
