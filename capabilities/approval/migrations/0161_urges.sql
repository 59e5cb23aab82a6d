-- 催办: how often an open task was reminded of; a copy of what its case says, for queues. Gone with the task.
CREATE TABLE urges (
    case_id BLOB   NOT NULL,
    task_no BIGINT NOT NULL,
    times   BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    by_name TEXT   NOT NULL,
    said    TEXT   NOT NULL,
    PRIMARY KEY (case_id, task_no)
) STRICT;
