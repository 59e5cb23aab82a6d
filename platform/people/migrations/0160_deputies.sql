-- 代理: who does whose work while they are away. Rows stay; one that was ended early says by whom.
CREATE TABLE deputies (
    deputy_id   BLOB   NOT NULL PRIMARY KEY,
    absent_id   BLOB   NOT NULL,
    absent_name TEXT   NOT NULL,
    staff_id    BLOB   NOT NULL,
    staff_name  TEXT   NOT NULL,
    org_id      BLOB   NOT NULL,
    from_at     BIGINT NOT NULL,
    until_at    BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    named_by    BLOB   NOT NULL,
    named_name  TEXT   NOT NULL,
    named_at    BIGINT NOT NULL,
    ended_name  TEXT   NOT NULL,
    ended_at    BIGINT
) STRICT;

CREATE INDEX deputies_by_staff ON deputies (staff_id, until_at);
CREATE INDEX deputies_by_absent ON deputies (absent_id, until_at);
CREATE INDEX deputies_by_org ON deputies (org_id, named_at);
