-- Times are milliseconds since 1970 in UTC, by the database's clock; 0 is none.
-- States are numbers, see codes.go. Fingerprints are the first eight bytes of a
-- SHA-256, as signed integers. What comes from outside and may hold any byte is
-- bytea: convert_from(title, 'UTF8') shows it.

-- store has one row, which whatever gives numbers to new rows locks first
-- (intake): events and deliveries become visible in the order of their numbers.
CREATE TABLE store (
  one           boolean PRIMARY KEY DEFAULT true CHECK (one),
  last_event    bigint NOT NULL,
  last_delivery bigint NOT NULL
);
INSERT INTO store VALUES (true, 0, 0);

-- tally sums up to how many deliveries are in each state. Every change appends;
-- whoever holds intake folds.
CREATE TABLE tally (
  state smallint NOT NULL,
  n     bigint   NOT NULL
);

CREATE SEQUENCE fences;  -- of leases; never one twice
CREATE SEQUENCE holders; -- of stores that were opened

CREATE TABLE events (
  id        bigint PRIMARY KEY,
  first     bigint NOT NULL, -- its deliveries are first … first+calls-1, and the parts split off them
  calls     bigint NOT NULL,
  received  bigint NOT NULL,
  key       bytea  NOT NULL,
  key_until bigint NOT NULL, -- until when key is taken
  source    text   NOT NULL,
  kind      text   NOT NULL,
  name      bytea  NOT NULL,
  status    bytea  NOT NULL,
  severity  bytea  NOT NULL,
  title     bytea  NOT NULL,
  group_key bytea  NOT NULL,
  headers   text   NOT NULL, -- JSON; empty: none
  faults    bytea  NOT NULL,
  payload   bytea  NOT NULL
);
CREATE INDEX events_key ON events USING hash (key) WHERE key <> '';

CREATE TABLE deliveries (
  id         bigint   PRIMARY KEY,
  event      bigint   NOT NULL,
  rule       text     NOT NULL,
  app        text     NOT NULL,
  msgtype    text     NOT NULL,
  repeat     text     NOT NULL,
  on_resolve text     NOT NULL,
  track      text     NOT NULL,
  state      smallint NOT NULL,
  ready      boolean  NOT NULL,            -- no older event of its group is open
  priority   integer  NOT NULL,
  created    bigint   NOT NULL,
  due        bigint   NOT NULL,
  expires    bigint   NOT NULL,
  lane       bigint   NOT NULL,            -- fingerprint of group_id; 0: no order to keep
  group_id   bytea    NOT NULL,
  content    bigint   NOT NULL,            -- fingerprint of app and body as rendered
  nth        bigint   NOT NULL,            -- which message of its content it is; 0: suppressed
  counts     bigint   NOT NULL,            -- until when its content counts as taken by it; 0: not
  rang       bigint   NOT NULL DEFAULT 0,  -- when it last was, or may have been, taken by DingTalk
  updated    bigint   NOT NULL,
  spent      bigint   NOT NULL DEFAULT 0,
  tries      bigint   NOT NULL DEFAULT 0,
  flying     bigint   NOT NULL DEFAULT 0,  -- the attempt in flight; 0: none
  task       bigint   NOT NULL DEFAULT 0,
  reason     text     NOT NULL DEFAULT '',
  parent     bigint   NOT NULL,            -- the delivery that it stems from
  cause      text     NOT NULL,
  waits      bigint   NOT NULL,            -- fingerprint of source and group key, while a Resolve of these is to end it
  escalates  boolean  NOT NULL,            -- it waits whatever on_resolve is
  resolved   bigint   NOT NULL DEFAULT 0,
  acked      bigint   NOT NULL DEFAULT 0,
  lease      bigint   NOT NULL DEFAULT 0,  -- until when it is leased; 0: not
  fence      bigint   NOT NULL DEFAULT 0,  -- of the last lease
  holder     bigint   NOT NULL DEFAULT 0,  -- of the lease
  people     text     NOT NULL,            -- recipients, JSON
  body       bytea    NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX deliveries_claim   ON deliveries (app, priority DESC, due, id) WHERE state = 0 AND ready AND lease = 0;
CREATE INDEX deliveries_due     ON deliveries (app, due) WHERE state = 0 AND ready AND lease = 0;
CREATE INDEX deliveries_lease   ON deliveries (lease) WHERE lease > 0;
CREATE INDEX deliveries_expiry  ON deliveries (expires, id) WHERE state = 0;
CREATE INDEX deliveries_lane    ON deliveries (lane, event) WHERE state = 0 AND lane <> 0;
CREATE INDEX deliveries_oldest  ON deliveries (created) WHERE state = 0;
CREATE INDEX deliveries_content ON deliveries (content, counts DESC, nth DESC) WHERE counts > 0;
CREATE INDEX deliveries_event   ON deliveries (event);
CREATE INDEX deliveries_state   ON deliveries (state, id);
CREATE INDEX deliveries_waits   ON deliveries (waits) WHERE waits <> 0;
CREATE INDEX deliveries_parent  ON deliveries (parent) WHERE parent <> 0;

CREATE TABLE attempts (
  delivery bigint NOT NULL,
  number   bigint NOT NULL,
  began    bigint NOT NULL,
  ended    bigint NOT NULL DEFAULT 0,
  outcome  text   NOT NULL,
  code     text   NOT NULL DEFAULT '',
  error    text   NOT NULL DEFAULT '',
  request  text   NOT NULL DEFAULT '',
  task     bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery, number)
);

CREATE TABLE followups (
  delivery bigint NOT NULL,
  kind     text   NOT NULL,
  app      text   NOT NULL, -- the delivery's, once it has been sent; empty while it is queued
  due      bigint NOT NULL,
  event    bigint NOT NULL,
  step     bigint NOT NULL,
  tries    bigint NOT NULL,
  lease    bigint NOT NULL DEFAULT 0,
  fence    bigint NOT NULL DEFAULT 0,
  holder   bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery, kind)
);
CREATE INDEX followups_due   ON followups (app, due) WHERE app <> '' AND lease = 0;
CREATE INDEX followups_lease ON followups (lease) WHERE lease > 0;

CREATE TABLE receipts (
  delivery bigint NOT NULL,
  person   text   NOT NULL,
  fate     text   NOT NULL,
  code     text   NOT NULL,
  words    text   NOT NULL,
  at       bigint NOT NULL,
  PRIMARY KEY (delivery, person)
);

CREATE TABLE notes (
  delivery bigint NOT NULL,
  number   bigint NOT NULL, -- from 1
  at       bigint NOT NULL,
  note     text   NOT NULL,
  PRIMARY KEY (delivery, number)
);

CREATE TABLE facts (
  key   text   PRIMARY KEY,
  value bytea  NOT NULL,
  until bigint NOT NULL     -- 0: for good
);
CREATE INDEX facts_until ON facts (until) WHERE until > 0;

-- taken holds what attempts have taken of quotas.
CREATE TABLE taken (
  id       bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  key      text    NOT NULL,
  n        bigint  NOT NULL,
  until    bigint  NOT NULL, -- when it stops counting; 0: span after the attempt's end
  span     bigint  NOT NULL, -- 0 for a fixed quota
  call     boolean NOT NULL, -- kept whatever the outcome
  delivery bigint  NOT NULL  -- of the attempt in flight; 0 once that has ended
);
CREATE INDEX taken_key        ON taken (key, until);
CREATE INDEX taken_flying     ON taken (delivery) WHERE delivery <> 0;
CREATE INDEX taken_until      ON taken (until) WHERE delivery = 0;
CREATE UNIQUE INDEX taken_sum ON taken (key, until) WHERE delivery = 0 AND span = 0; -- one for an employee and day
