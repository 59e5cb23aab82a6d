-- What finished cases of an item really needed, counted from the feed: how many cases of a month had which value.
CREATE TABLE item_needs (
  item_id BLOB   NOT NULL,
  month   TEXT   NOT NULL,
  measure TEXT   NOT NULL,
  value   BIGINT NOT NULL,
  cases   BIGINT NOT NULL,
  PRIMARY KEY (item_id, month, measure, value)
) STRICT;

CREATE INDEX item_needs_by_month ON item_needs (month);

-- What corrections asked for: a material the guide names (its key), or one it does not (in words).
CREATE TABLE item_asked (
  item_id BLOB   NOT NULL,
  month   TEXT   NOT NULL,
  named   BIGINT NOT NULL,
  what    TEXT   NOT NULL,
  cases   BIGINT NOT NULL,
  PRIMARY KEY (item_id, month, named, what)
) STRICT;

-- When an item and its cases have parted: the rules of the administration; without a row the shipped ones hold.
CREATE TABLE drift_rules (
  one  BIGINT NOT NULL,
  body TEXT   NOT NULL,
  PRIMARY KEY (one)
) STRICT;
