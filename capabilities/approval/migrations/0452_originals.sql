-- Originals in custody: whose hands those of a case are in, for the list that a shift leaves to the next.
CREATE TABLE originals_held (
    case_id  BLOB   NOT NULL PRIMARY KEY,
    -- The officer who took them; none once they were passed on to somebody named in words.
    staff_id BLOB,
    holder   TEXT   NOT NULL,
    -- The body of whoever entered it last.
    org_id   BLOB   NOT NULL,
    since    BIGINT NOT NULL
) STRICT;

CREATE INDEX originals_held_by ON originals_held (org_id, holder, since);
