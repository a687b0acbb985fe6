-- Palmarès schema 1: applications, rules, events, and what they gave.
--
-- Names are byte strings (VARBINARY): compared byte for byte, trailing spaces
-- included. For the rest there is a collation that every version of MariaDB has:
-- a server's own may be unknown to the one that a backup is restored into. Times
-- are microseconds since 1970-01-01T00:00:00Z (BIGINT).
-- The tables that every event writes have no foreign keys: a parent row's
-- shared lock per row is what they would cost. `palmaresctl verify` checks them.
--
-- An event writes two rows: its own, behind all others, and its user's. What
-- grows with the events is in no order but theirs, so that the pages that an
-- event needs are in memory however many events there are.
--
-- Ids are BIGINT, because a transaction that is rolled back uses its ids up, all
-- applications share them, and a client that makes and deletes a badge 1,000
-- times a second has used up 2^32 in 50 days. An application's id is INT: it
-- stands in each event three times, with the indexes, and only an operator or the
-- first request of a classic appKey makes one, which then stays.

CREATE TABLE IF NOT EXISTS application (
  id          INT UNSIGNED NOT NULL AUTO_INCREMENT,
  app_key     BIGINT NOT NULL,
  name        VARBINARY(400) NOT NULL,
  description VARBINARY(4000) NOT NULL,
  time_zone   VARBINARY(64) NOT NULL,
  day_start   INT NOT NULL DEFAULT 0, -- seconds after midnight
  classic     BOOLEAN NOT NULL,
  -- Grows with every change of a rule or a key. An event's transaction holds
  -- this row shared and a change holds it exclusively, so no event is judged
  -- by rules that are no longer in force.
  version     BIGINT NOT NULL,
  -- A random number, another with every such change. A restore takes versions
  -- back, and they come again with other content. Stamps do not come again, so
  -- a cache asks for the stamp.
  stamp       BIGINT NOT NULL,
  closed      BOOLEAN NOT NULL DEFAULT FALSE, -- for ever: it is being deleted
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY app_key (app_key),
  UNIQUE KEY name (name),
  CONSTRAINT app_key_positive CHECK (app_key > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How the days of an application were told before: for events of the versions
-- before until, from the until before that. A later change re-keys nothing.
CREATE TABLE IF NOT EXISTS application_time (
  application_id INT UNSIGNED NOT NULL,
  until          BIGINT NOT NULL, -- the version that brought other days
  time_zone      VARBINARY(64) NOT NULL,
  day_start      INT NOT NULL,
  PRIMARY KEY (application_id, until),
  CONSTRAINT application_time_application FOREIGN KEY (application_id)
    REFERENCES application (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS api_key (
  id             BIGINT NOT NULL AUTO_INCREMENT,
  application_id INT UNSIGNED NOT NULL,
  kind           ENUM('secret', 'publishable') NOT NULL,
  hash           BINARY(32) NOT NULL,
  label          VARBINARY(400) NOT NULL,
  created_at     BIGINT NOT NULL,
  revoked_at     BIGINT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY hash (hash),
  KEY application (application_id),
  CONSTRAINT api_key_application FOREIGN KEY (application_id)
    REFERENCES application (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS point_scale (
  id             BIGINT NOT NULL AUTO_INCREMENT,
  application_id INT UNSIGNED NOT NULL,
  name           VARBINARY(400) NOT NULL,
  description    VARBINARY(4000) NOT NULL,
  given          BOOLEAN NOT NULL DEFAULT FALSE, -- to some user: it stays
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (application_id, name),
  CONSTRAINT point_scale_application FOREIGN KEY (application_id)
    REFERENCES application (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS badge (
  id             BIGINT NOT NULL AUTO_INCREMENT,
  application_id INT UNSIGNED NOT NULL,
  name           VARBINARY(400) NOT NULL,
  description    VARBINARY(4000) NOT NULL,
  image_url      VARBINARY(8000) NULL,
  given          BOOLEAN NOT NULL DEFAULT FALSE, -- to some user: it stays
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (application_id, name),
  CONSTRAINT badge_application FOREIGN KEY (application_id)
    REFERENCES application (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A rule's identity. Ids grow in the order of creation within an application,
-- because a rule is made under the application's lock. A deleted rule stays as
-- the name in old awards; deleted is then its own id, which frees the name.
CREATE TABLE IF NOT EXISTS rule (
  id             BIGINT NOT NULL AUTO_INCREMENT,
  application_id INT UNSIGNED NOT NULL,
  name           VARBINARY(400) NOT NULL,
  deleted        BIGINT NOT NULL,
  description    VARBINARY(4000) NOT NULL,
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (application_id, name, deleted),
  CONSTRAINT rule_application FOREIGN KEY (application_id)
    REFERENCES application (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a rule meant, and while which versions of its application: from since
-- to before until; until 0 is the one in force. An event names the version it
-- was judged by, so the past can be folded again after rules have changed.
CREATE TABLE IF NOT EXISTS rule_revision (
  application_id INT UNSIGNED NOT NULL,
  rule_id        BIGINT NOT NULL,
  since          BIGINT NOT NULL,
  until          BIGINT NOT NULL,
  document       MEDIUMBLOB NOT NULL, -- src/rules/document.h
  PRIMARY KEY (rule_id, since),
  KEY in_force (rule_id, until),
  KEY application (application_id, until),
  CONSTRAINT rule_revision_rule FOREIGN KEY (rule_id) REFERENCES rule (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What the revision of a rule in force refers to, which cannot be deleted then:
-- the id of a point scale (kind 0) or a badge (kind 1).
CREATE TABLE IF NOT EXISTS rule_reference (
  application_id INT UNSIGNED NOT NULL,
  kind           TINYINT UNSIGNED NOT NULL,
  ref_id         BIGINT NOT NULL,
  rule_id        BIGINT NOT NULL,
  PRIMARY KEY (application_id, kind, ref_id, rule_id),
  KEY rule (rule_id),
  CONSTRAINT rule_reference_rule FOREIGN KEY (rule_id) REFERENCES rule (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The row that serialises all that happens to a user. The name is the primary
-- key, because an INSERT … ON DUPLICATE KEY UPDATE that meets the duplicate on a
-- secondary index takes a next-key lock, and deadlocks with its neighbours.
CREATE TABLE IF NOT EXISTS user (
  application_id INT UNSIGNED NOT NULL,
  username       VARBINARY(190) NOT NULL,
  events         BIGINT NOT NULL,
  entries        BIGINT NOT NULL, -- of the ledger
  -- Counting a replay makes its transaction write, and so its COMMIT wait for
  -- the log: a replay is answered only when what it repeats is on disk.
  replays        BIGINT NOT NULL,
  created_at     BIGINT NOT NULL,
  last_event     BIGINT NOT NULL, -- event.id; 0: none
  standing       MEDIUMBLOB NULL, -- balances, counts, badges: src/store/standing.h
  ahead          BIGINT NULL, -- the last event's
  PRIMARY KEY (application_id, username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- id is the time of receipt in microseconds × 1024 + a random number: made by
-- the committer, unique in an application, and growing for each user. A user's
-- events are a chain, from user.last_event to the one whose previous is 0. Where
-- the clock has been set back, the id goes on from the user's last one, and
-- ahead tells by how much it is ahead of the receipt.
CREATE TABLE IF NOT EXISTS event (
  application_id  INT UNSIGNED NOT NULL,
  id              BIGINT NOT NULL,
  previous        BIGINT NOT NULL,       -- id of the user's event before
  number          BIGINT NOT NULL, -- 1, 2, 3 … for each user
  version         BIGINT NOT NULL, -- of the application: which rules
  timestamp       BIGINT NOT NULL,
  timestamp_given BOOLEAN NOT NULL,      -- by the client, else it is the receipt
  timestamp_sent  VARBINARY(4000) NULL,  -- the classic interface's any string
  username        VARBINARY(190) NOT NULL,
  event_id        VARBINARY(190) NOT NULL,
  event_type      VARBINARY(190) NOT NULL,
  awards          MEDIUMBLOB NULL,       -- what it gave: src/store/award.h
  properties      MEDIUMBLOB NULL,       -- JSON as sent, without white space
  ahead           BIGINT NULL,           -- microseconds; NULL: less than a second
  PRIMARY KEY (application_id, id),
  UNIQUE KEY event_id (application_id, event_id),
  KEY timestamp (application_id, timestamp)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
