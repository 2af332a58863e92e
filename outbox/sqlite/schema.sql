-- Times are milliseconds since 1970 in UTC. States are numbers, see codes.go.
-- Fingerprints are the first eight bytes of a SHA-256, as signed integers.

-- store has one row: what would otherwise need a count or a maximum at Open.
CREATE TABLE store (
  one           INTEGER PRIMARY KEY CHECK (one = 1),
  opened        INTEGER NOT NULL,  -- how often; the upper half of every fence
  last_event    INTEGER NOT NULL,
  last_delivery INTEGER NOT NULL,
  counts        TEXT    NOT NULL   -- deliveries by state, JSON
);
INSERT INTO store VALUES (1, 0, 0, 0, '{}');

CREATE TABLE events (
  id        INTEGER PRIMARY KEY,
  first     INTEGER NOT NULL,  -- its deliveries are first … first+calls-1, and the parts split off them
  calls     INTEGER NOT NULL,
  received  INTEGER NOT NULL,
  key       TEXT,
  key_until INTEGER NOT NULL,  -- until when key is taken
  source    TEXT NOT NULL,
  kind      TEXT NOT NULL,
  name      TEXT,
  status    TEXT,
  severity  TEXT,
  title     TEXT,
  group_key TEXT,
  headers   TEXT,
  faults    TEXT,
  payload   BLOB
);

-- routes are the combinations that deliveries share; few, and kept in memory.
CREATE TABLE routes (
  id         INTEGER PRIMARY KEY,
  source     TEXT NOT NULL,
  rule       TEXT NOT NULL,
  app        TEXT NOT NULL,
  msgtype    TEXT NOT NULL,
  repeat     TEXT NOT NULL,
  on_resolve TEXT NOT NULL,
  track      TEXT NOT NULL
);

CREATE TABLE deliveries (
  id       INTEGER PRIMARY KEY,
  event    INTEGER NOT NULL,
  route    INTEGER NOT NULL,
  app      INTEGER NOT NULL,           -- the lowest route of the same app
  state    INTEGER NOT NULL,
  ready    INTEGER NOT NULL,           -- 1: no older event of its group is open
  priority INTEGER NOT NULL,
  created  INTEGER NOT NULL,
  due      INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  lane     INTEGER,                    -- shared by what is open of one group: the delivery that found it empty
  group_id TEXT,                       -- NULL: no order to keep, and no lane
  content  INTEGER NOT NULL,           -- fingerprint of app and body as rendered
  nth      INTEGER NOT NULL,           -- which message of its content it is; 0: suppressed
  prior    INTEGER NOT NULL,           -- the delivery before it with its content; 0: none that counted
  rang     INTEGER NOT NULL DEFAULT 0, -- when it last was, or may have been, taken by DingTalk
  updated  INTEGER NOT NULL,
  spent    INTEGER NOT NULL DEFAULT 0,
  tries    INTEGER NOT NULL DEFAULT 0,
  task     INTEGER NOT NULL DEFAULT 0,
  split    INTEGER NOT NULL DEFAULT 0, -- 1: split off another after it was kept
  reason   TEXT,
  people   TEXT NOT NULL,              -- recipients, JSON
  body     BLOB NOT NULL
);
CREATE INDEX deliveries_claim  ON deliveries (app, priority DESC, due) WHERE state = 0 AND ready = 1;
CREATE INDEX deliveries_expiry ON deliveries (expires) WHERE state = 0;
CREATE INDEX deliveries_lane   ON deliveries (lane, event) WHERE state = 0 AND lane IS NOT NULL;
CREATE INDEX deliveries_list   ON deliveries (route, state);
CREATE INDEX deliveries_split  ON deliveries (event) WHERE split = 1;
CREATE INDEX deliveries_parts  ON deliveries (created) WHERE split = 1 AND state = 0;

CREATE TABLE attempts (
  delivery INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  began    INTEGER NOT NULL,
  ended    INTEGER NOT NULL DEFAULT 0,
  outcome  TEXT    NOT NULL,
  code     TEXT,
  error    TEXT,
  request  TEXT,
  task     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery, number)
) WITHOUT ROWID;
CREATE INDEX attempts_begun ON attempts (delivery) WHERE outcome = 'begun';

-- taken holds what attempts have taken of quotas.
CREATE TABLE taken (
  id       INTEGER PRIMARY KEY,
  key      TEXT    NOT NULL,
  n        INTEGER NOT NULL,
  until    INTEGER,            -- when it stops counting; NULL: span after the attempt's end
  span     INTEGER NOT NULL,   -- 0 for a fixed quota
  call     INTEGER NOT NULL,   -- 1: kept whatever the outcome
  delivery INTEGER             -- of the attempt in flight; NULL once that has ended
);
CREATE INDEX taken_key      ON taken (key, until, n);
CREATE INDEX taken_until    ON taken (until) WHERE until IS NOT NULL;
CREATE INDEX taken_inflight ON taken (delivery) WHERE delivery IS NOT NULL;

-- recent says which row a fingerprint was last seen in (index.go): lots of
-- 24 bytes each, appended with every commit and folded together later.
CREATE TABLE recent (
  id    INTEGER PRIMARY KEY,
  until INTEGER NOT NULL,      -- when the last of the lot stops counting
  lot   BLOB    NOT NULL
);
