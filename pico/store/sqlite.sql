-- Every statement that the SQLite store runs on its tables. Parameters are positional where a
-- statement is on the path of every commit, named elsewhere.

-- name: resolve
-- Kind, living in, family, document of whatever the ECI names.
SELECT 'ordinary', pico_id, NULL, document FROM channel WHERE eci = :eci
UNION ALL SELECT 'self', pico_id, NULL, NULL FROM pico WHERE pico_id = :eci
UNION ALL SELECT 'parent', parent, pico_id, NULL FROM pico WHERE parent_eci = :eci
UNION ALL SELECT 'child', pico_id, parent, NULL FROM pico WHERE child_eci = :eci
LIMIT 1;

-- name: load-pico
SELECT version, parent, parent_eci, child_eci, born_at FROM pico WHERE pico_id = ?;

-- name: load-children
SELECT pico_id, child_eci, born_at FROM pico WHERE parent = ? ORDER BY born_at, rowid;

-- name: load-channels
SELECT eci, document FROM channel WHERE pico_id = ? ORDER BY place;

-- name: load-rulesets
SELECT rid, url, hash, config, position, granted FROM ruleset WHERE pico_id = ? ORDER BY position;

-- name: load-variables
SELECT rid, name, value FROM variable WHERE pico_id = ?;

-- name: load-entries
SELECT rid, name, key, value FROM entry WHERE pico_id = ? ORDER BY rid, name, place;

-- name: load-states
SELECT rid, rule, state FROM state WHERE pico_id = ?;

-- name: load-source
SELECT text FROM source WHERE hash = ?;

-- name: count-pending
SELECT count(*) FROM message WHERE pico_id = ?;

-- name: advance
UPDATE pico SET version = ? WHERE pico_id = ? AND version = ?;

-- name: advance-many
-- The row of values is repeated for as many picos as there are.
UPDATE pico SET version = change.column1 FROM (VALUES (?, ?, ?)) AS change
WHERE pico.pico_id = change.column2 AND pico.version = change.column3;

-- name: insert-pico
INSERT INTO pico (pico_id, version, parent, parent_eci, child_eci, born_at) VALUES (?, 1, ?, ?, ?, ?);

-- name: find-pico
SELECT 1 FROM pico WHERE pico_id = ?;

-- name: put-variable
INSERT INTO variable (pico_id, rid, name, value) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value;

-- name: make-map
-- Touches nothing where the variable holds a map already.
INSERT INTO variable (pico_id, rid, name, value) VALUES (?, ?, ?, NULL)
ON CONFLICT DO UPDATE SET value = NULL WHERE value IS NOT NULL;

-- name: put-entry
INSERT INTO entry (pico_id, rid, name, key, place, value) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value;

-- name: drop-variable
DELETE FROM variable WHERE pico_id = ? AND rid = ? AND name = ?;

-- name: drop-entry
DELETE FROM entry WHERE pico_id = ? AND rid = ? AND name = ? AND key = ?;

-- name: empty-map
DELETE FROM entry WHERE pico_id = ? AND rid = ? AND name = ?;

-- name: put-state
INSERT INTO state (pico_id, rid, rule, state) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET state = excluded.state;

-- name: put-channel
-- The target is named, so that an ECI taken by another pico is refused rather than overwritten.
INSERT INTO channel (pico_id, eci, place, document) VALUES (?, ?, ?, ?)
ON CONFLICT (pico_id, eci) DO UPDATE SET document = excluded.document;

-- name: drop-channel
DELETE FROM channel WHERE pico_id = ? AND eci = ?;

-- name: put-ruleset
INSERT INTO ruleset (pico_id, rid, position, url, hash, config, granted) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position, url = excluded.url, hash = excluded.hash,
  config = excluded.config, granted = excluded.granted;

-- name: drop-ruleset
DELETE FROM ruleset WHERE pico_id = ? AND rid = ?;

-- name: drop-ruleset-variables
DELETE FROM variable WHERE pico_id = ? AND rid = ?;

-- name: drop-ruleset-states
DELETE FROM state WHERE pico_id = ? AND rid = ?;

-- name: put-source
INSERT INTO source (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: consume
DELETE FROM message WHERE pico_id = ? AND id = ?;

-- name: insert-message
INSERT INTO message (pico_id, id, due_at, node, sender, for_rid, event) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: claim
-- Picos of which another node holds a message are left to that node; two ranges around this
-- node's name skip what it holds itself.
UPDATE message SET node = :node WHERE rowid IN (
  SELECT rowid FROM message
  WHERE node = '' AND due_at <= :now AND pico_id NOT IN (
    SELECT pico_id FROM message WHERE node > '' AND node < :node
    UNION SELECT pico_id FROM message WHERE node > :node
  )
  ORDER BY due_at, rowid LIMIT :limit
)
RETURNING due_at, rowid, pico_id, id, sender, for_rid, event;

-- name: next-due
SELECT min(due_at) FROM message WHERE node = '';

-- name: next-lapse
SELECT min(lease_until) FROM node
WHERE name <> :node AND EXISTS (SELECT 1 FROM message WHERE message.node = node.name);

-- name: renew
INSERT INTO node (name, lease_until) VALUES (:node, :until)
ON CONFLICT DO UPDATE SET lease_until = excluded.lease_until;

-- name: void-lapsed
UPDATE message SET node = '' WHERE node IN (SELECT name FROM node WHERE lease_until <= :now);

-- name: forget-lapsed
DELETE FROM node WHERE lease_until <= :now;

-- name: void-all
UPDATE message SET node = '' WHERE node > '';

-- name: forget-all
DELETE FROM node;

-- name: release
UPDATE message SET node = '' WHERE node = :node;

-- name: forget
DELETE FROM node WHERE name = :node;
