-- Version 3: which group each event belongs to, so that a filter by group reads
-- eight bytes an event (groups.go).

CREATE TABLE grouped (
  first INTEGER PRIMARY KEY, -- the first event of the lot
  lot   BLOB    NOT NULL     -- fingerprints of group keys, of it and of those that follow
);
