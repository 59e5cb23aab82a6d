-- Questions that found nothing, tidied, by day. Nothing tells who asked.
CREATE TABLE unanswered_questions (
  words TEXT   NOT NULL,
  day   TEXT   NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (words, day)
) STRICT;

CREATE INDEX unanswered_questions_by_day ON unanswered_questions (day);

-- Applications for an item, by the day they were opened.
CREATE TABLE item_use_days (
  item_id BLOB   NOT NULL,
  day     TEXT   NOT NULL,
  uses    BIGINT NOT NULL,
  PRIMARY KEY (item_id, day)
) STRICT;

CREATE INDEX item_use_days_by_day ON item_use_days (day);
