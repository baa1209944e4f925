-- The first tables.
--
-- `pico_id` leads every primary key, so that a pico's rows lie together and a distributed
-- database can shard by it. Exceptions: `source`, which is shared by content, and `node`.
-- Documents are JSON texts. A text that UTF-8 cannot hold (a lone surrogate) is stored as a
-- BLOB of its encoding, which equals no TEXT; that is why these tables are not STRICT.

-- The one row of truth for each pico. The tree is stored once, with the child. The implicit
-- rowid grows with every birth and orders children born in the same millisecond.
CREATE TABLE pico (
  pico_id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  parent TEXT,
  parent_eci TEXT,
  child_eci TEXT,
  born_at INTEGER NOT NULL
);
CREATE INDEX pico_by_parent ON pico (parent, born_at) WHERE parent IS NOT NULL;
CREATE UNIQUE INDEX pico_by_parent_eci ON pico (parent_eci) WHERE parent_eci IS NOT NULL;
CREATE UNIQUE INDEX pico_by_child_eci ON pico (child_eci) WHERE child_eci IS NOT NULL;

-- Ordinary channels. `place` grows with version and position in the commit: creation order.
CREATE TABLE channel (
  pico_id TEXT NOT NULL REFERENCES pico ON DELETE CASCADE,
  eci TEXT NOT NULL,
  place INTEGER NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (pico_id, eci)
) WITHOUT ROWID;
CREATE UNIQUE INDEX channel_by_eci ON channel (eci);

CREATE TABLE ruleset (
  pico_id TEXT NOT NULL REFERENCES pico ON DELETE CASCADE,
  rid TEXT NOT NULL,
  position INTEGER NOT NULL,
  url TEXT NOT NULL,
  hash TEXT NOT NULL,
  config TEXT NOT NULL,
  granted TEXT NOT NULL,
  PRIMARY KEY (pico_id, rid)
) WITHOUT ROWID;

-- An entity variable. Where `value` is null it holds a map, and its entries are rows of
-- `entry`: one entry is written and read alone, however large the map is.
CREATE TABLE variable (
  pico_id TEXT NOT NULL REFERENCES pico ON DELETE CASCADE,
  rid TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (pico_id, rid, name)
) WITHOUT ROWID;

-- `place` grows with version and position in the commit: the map's insertion order.
CREATE TABLE entry (
  pico_id TEXT NOT NULL,
  rid TEXT NOT NULL,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  place INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (pico_id, rid, name, key),
  FOREIGN KEY (pico_id, rid, name) REFERENCES variable ON DELETE CASCADE
) WITHOUT ROWID;

-- A variable that held a map and now holds something else loses its entries. As a trigger it
-- costs nothing on the commonest write of all, a scalar over a scalar.
CREATE TRIGGER variable_holds_no_map AFTER UPDATE OF value ON variable
WHEN old.value IS NULL AND new.value IS NOT NULL
BEGIN
  DELETE FROM entry WHERE pico_id = new.pico_id AND rid = new.rid AND name = new.name;
END;

-- Event-expression state, one row per rule.
CREATE TABLE state (
  pico_id TEXT NOT NULL REFERENCES pico ON DELETE CASCADE,
  rid TEXT NOT NULL,
  rule TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (pico_id, rid, rule)
) WITHOUT ROWID;

-- The mailboxes. `node` is the node that the message is leased to, '' for nobody. The implicit
-- rowid is one more than the greatest there is: arrival order among the messages that wait.
CREATE TABLE message (
  pico_id TEXT NOT NULL REFERENCES pico ON DELETE CASCADE,
  id TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  node TEXT NOT NULL,
  sender TEXT,
  for_rid TEXT,
  event TEXT NOT NULL,
  PRIMARY KEY (pico_id, id)
);
CREATE INDEX message_by_node ON message (node, due_at);

-- Nodes that share this store, and until when each holds what is leased to it.
CREATE TABLE node (
  name TEXT NOT NULL PRIMARY KEY,
  lease_until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE source (
  hash TEXT NOT NULL PRIMARY KEY,
  text TEXT NOT NULL
);
