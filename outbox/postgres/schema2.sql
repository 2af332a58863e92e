-- Version 2: fewer index entries for each delivery that is accepted, and notes by
-- which groups and sources are found. What the version before asks by an index that
-- is gone it still gets, later.

-- stray is whether a delivery is not among the first … first+calls-1 of its event,
-- or it is not known. The version before does not say.
ALTER TABLE deliveries ADD COLUMN stray boolean NOT NULL DEFAULT true;
DROP INDEX deliveries_event;
CREATE INDEX deliveries_stray ON deliveries (event) WHERE stray;

-- Others are taken in the order of their ids, which deliveries_state has.
DROP INDEX deliveries_oldest;
CREATE INDEX deliveries_oldest ON deliveries (created) WHERE state = 0 AND stray;

-- deliveries_claim has the same, by priority.
DROP INDEX deliveries_due;

-- group_print is the fingerprint of the group key of a delivery's event (of it alone,
-- without a length before it); NULL: nobody has said so.
ALTER TABLE deliveries ADD COLUMN group_print bigint;

-- grouped has these of deliveries first … first+499, in their order, 0 where there
-- is no delivery any more; see lots.go. Two rows fill a page.
CREATE TABLE grouped (
  first bigint   PRIMARY KEY,
  lot   bigint[] NOT NULL
);
ALTER TABLE grouped ALTER lot SET STORAGE PLAIN;

-- sourced has the sources of events first … first+499, each once.
CREATE TABLE sourced (
  first bigint PRIMARY KEY,
  lot   text[] NOT NULL
);
