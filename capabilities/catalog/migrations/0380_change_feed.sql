-- Where in the feed each change of an item stands: the public change feed goes on from any of these positions.
CREATE TABLE item_feed (
  position BIGINT NOT NULL,
  item_id  BLOB   NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (position)
) STRICT;
