-- Schema 2 of the tests, of no release: what an upgrade meets. Its programs are
-- tests/newer/palmaresctl and palmaresd in the build directory.

CREATE TABLE IF NOT EXISTS newer_note (
  id   INT UNSIGNED NOT NULL PRIMARY KEY,
  note VARBINARY(100) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A copy of the largest table: it takes a while, a lock and disk space.
ALTER TABLE event ADD COLUMN IF NOT EXISTS newer_weight INT NOT NULL DEFAULT 1,
  ALGORITHM=COPY;

ALTER TABLE user ADD COLUMN IF NOT EXISTS newer_events INT UNSIGNED NOT NULL
  DEFAULT 0;

UPDATE user SET newer_events = events WHERE newer_events <> events;

INSERT INTO newer_note VALUES (1, 'the last statement')
  ON DUPLICATE KEY UPDATE note = VALUES(note);
