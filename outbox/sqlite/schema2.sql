-- Version 2: what becomes of deliveries once they have been sent.

ALTER TABLE deliveries ADD COLUMN parent    INTEGER;                    -- the delivery that it stems from
ALTER TABLE deliveries ADD COLUMN cause     TEXT;
ALTER TABLE deliveries ADD COLUMN waits     INTEGER;                    -- fingerprint of source and group key, while a Resolve of these is to end it
ALTER TABLE deliveries ADD COLUMN escalates INTEGER NOT NULL DEFAULT 0; -- 1: it waits whatever on_resolve is
ALTER TABLE deliveries ADD COLUMN resolved  INTEGER;                    -- when a Resolve ended it
ALTER TABLE deliveries ADD COLUMN acked     INTEGER;
CREATE INDEX deliveries_waits  ON deliveries (waits)  WHERE waits IS NOT NULL;
CREATE INDEX deliveries_parent ON deliveries (parent) WHERE parent IS NOT NULL;

CREATE TABLE followups (
  delivery INTEGER NOT NULL,
  kind     TEXT    NOT NULL,
  app      INTEGER,          -- the delivery's, once it has been sent; NULL while it is queued
  due      INTEGER NOT NULL,
  event    INTEGER NOT NULL,
  step     INTEGER NOT NULL,
  tries    INTEGER NOT NULL,
  PRIMARY KEY (delivery, kind)
) WITHOUT ROWID;
CREATE INDEX followups_due ON followups (app, due) WHERE app IS NOT NULL;

CREATE TABLE receipts (
  delivery INTEGER NOT NULL,
  user     TEXT    NOT NULL,
  fate     TEXT    NOT NULL,
  code     TEXT,
  words    TEXT,
  at       INTEGER NOT NULL,
  PRIMARY KEY (delivery, user)
) WITHOUT ROWID;

CREATE TABLE notes (
  delivery INTEGER NOT NULL,
  number   INTEGER NOT NULL, -- from 1
  at       INTEGER NOT NULL,
  note     TEXT    NOT NULL,
  PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

CREATE TABLE facts (
  key   TEXT NOT NULL PRIMARY KEY,
  value BLOB,
  until INTEGER              -- NULL: for good
) WITHOUT ROWID;
CREATE INDEX facts_until ON facts (until) WHERE until IS NOT NULL;
