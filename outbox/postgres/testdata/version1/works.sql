-- What the engine sent whose newest schema version was 1; written by -record.
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[9]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b30'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-2798051647710789287]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[2330190062970997577]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
SELECT id, rule, state FROM deliveries WHERE id BETWEEN 1 AND 2 ORDER BY id;
UPDATE store SET last_event = 11, last_delivery = 25;
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3330'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[3935145332772366048]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[12]::bigint[]::bigint[], ARRAY[26]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864786]::bigint[]::bigint[], ARRAY['\x6b3330'::bytea]::bytea[]::bytea[], ARRAY[4949290864787]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[26,27]::bigint[]::bigint[], ARRAY[12,12]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['recall','recall']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864786,1795690864786]::bigint[]::bigint[], ARRAY[1795690864786,1795690864786]::bigint[]::bigint[], ARRAY[4949290864784,4949290864784]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[3935145332772366048,3935145332772366048]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864786,1795690864786]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3330'::bytea,'\x3330'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 12, last_delivery = 27;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3331'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[7745122299797762558]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[13]::bigint[]::bigint[], ARRAY[28]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864792]::bigint[]::bigint[], ARRAY['\x6b3331'::bytea]::bytea[]::bytea[], ARRAY[4949290864793]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[28,29]::bigint[]::bigint[], ARRAY[13,13]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['recall','recall']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795690864792,1795690864792]::bigint[]::bigint[], ARRAY[1795690864792,1795690864792]::bigint[]::bigint[], ARRAY[4949290864792,4949290864792]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[7745122299797762558,7745122299797762558]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864792,1795690864792]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3331'::bytea,'\x3331'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 13, last_delivery = 29;
INSERT INTO tally VALUES (0, 2);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3332'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-8273927016449443458]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[14]::bigint[]::bigint[], ARRAY[30]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864801]::bigint[]::bigint[], ARRAY['\x6b3332'::bytea]::bytea[]::bytea[], ARRAY[4949290864802]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[30,31]::bigint[]::bigint[], ARRAY[14,14]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['recall','recall']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY[2,2]::bigint[]::bigint[], ARRAY[1795690864801,1795690864801]::bigint[]::bigint[], ARRAY[1795690864801,1795690864801]::bigint[]::bigint[], ARRAY[4949290864801,4949290864801]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[-8273927016449443458,-8273927016449443458]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864801,1795690864801]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3332'::bytea,'\x3332'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 14, last_delivery = 31;
INSERT INTO tally VALUES (0, 2);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3333'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[3104846367140170327]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[15]::bigint[]::bigint[], ARRAY[32]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864806]::bigint[]::bigint[], ARRAY['\x6b3333'::bytea]::bytea[]::bytea[], ARRAY[4949290864807]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[32,33]::bigint[]::bigint[], ARRAY[15,15]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['recall','recall']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864806,1795690864806]::bigint[]::bigint[], ARRAY[1795690864806,1795690864806]::bigint[]::bigint[], ARRAY[4949290864805,4949290864805]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[3104846367140170327,3104846367140170327]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864806,1795690864806]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3333'::bytea,'\x3333'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 15, last_delivery = 33;
INSERT INTO tally VALUES (0, 2);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3334'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-8276026959723219910]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[16]::bigint[]::bigint[], ARRAY[34]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864813]::bigint[]::bigint[], ARRAY['\x6b3334'::bytea]::bytea[]::bytea[], ARRAY[4949290864814]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[34,35]::bigint[]::bigint[], ARRAY[16,16]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['recall','recall']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795690864813,1795690864813]::bigint[]::bigint[], ARRAY[1795690864813,1795690864813]::bigint[]::bigint[], ARRAY[4949290864813,4949290864813]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[-8276026959723219910,-8276026959723219910]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864813,1795690864813]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3334'::bytea,'\x3334'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 16, last_delivery = 35;
INSERT INTO tally VALUES (0, 2);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3335'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-1012562659052736842]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[17]::bigint[]::bigint[], ARRAY[36]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864820]::bigint[]::bigint[], ARRAY['\x6b3335'::bytea]::bytea[]::bytea[], ARRAY[4949290864821]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[36,37]::bigint[]::bigint[], ARRAY[17,17]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['recall','recall']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY[2,2]::bigint[]::bigint[], ARRAY[1795690864820,1795690864820]::bigint[]::bigint[], ARRAY[1795690864820,1795690864820]::bigint[]::bigint[], ARRAY[4949290864820,4949290864820]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[-1012562659052736842,-1012562659052736842]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864820,1795690864820]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3335'::bytea,'\x3335'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 17, last_delivery = 37;
INSERT INTO tally VALUES (0, 2);
COMMIT;
BEGIN;
SELECT clock_timestamp();
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE lease > 0 AND lease <= 1795690864825 ORDER BY id FOR UPDATE SKIP LOCKED;
WITH these AS (SELECT delivery, kind FROM followups WHERE lease > 0 AND lease <= 1795690864825 ORDER BY delivery, kind FOR UPDATE SKIP LOCKED)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1;
WITH these AS (SELECT id FROM deliveries WHERE app = 'ops' AND state = 0 AND ready AND lease = 0 AND due <= 1795690864825 ORDER BY priority DESC, due, id LIMIT 6 FOR UPDATE SKIP LOCKED)
		UPDATE deliveries d SET lease = 1795690894825, fence = nextval('fences'), holder = 1 FROM these WHERE d.id = these.id
		RETURNING d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked, d.fence;
SELECT min(due) FROM deliveries WHERE app = 'ops' AND state = 0 AND ready AND lease = 0 AND due > 1795690864825;
SELECT min(lease) FROM deliveries WHERE app = 'ops' AND lease > 0;
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 1 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864830) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864830 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 1::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864825]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 1;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (1, 1, 1795690864830, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[1]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[9]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[1]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864839, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 1 AND number = 1;
UPDATE deliveries SET rang = 1795690864839, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 1;
DELETE FROM taken WHERE delivery = ANY(ARRAY[1]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864840 + span, delivery = 0 WHERE delivery = ANY(ARRAY[1]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[1]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864839, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 1;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (1, 'result', '', 1795690864839, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (1, 'escalate', '', 1795694464839, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 1 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 2330190062970997577 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 2330190062970997577 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 2 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864847) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864847 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 2::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864825]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 2;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (2, 1, 1795690864847, 'begun');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[2]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[9]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[2]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864857, outcome = 'rejected', code = '', error = '', request = '', task = 7
			WHERE delivery = 2 AND number = 1;
DELETE FROM taken WHERE delivery = ANY(ARRAY[2]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[2]::bigint[]));
UPDATE taken SET until = 1795690864858 + span, delivery = 0 WHERE delivery = ANY(ARRAY[2]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[2]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[2]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET lease = 0, holder = 0, flying = 0 WHERE id = 2;
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, counts, rang, updated, tries, reason, parent, cause, waits, escalates, resolved, acked, people, body)
	SELECT 38, event, rule, app, msgtype, repeat, on_resolve, track, 0, ready OR true, priority, created, 1795690864857, expires,
	CASE WHEN true THEN 0 ELSE lane END, CASE WHEN true THEN '' ELSE group_id END,
	content, nth, counts, rang, 1795690864857, tries, '', parent, cause, waits, escalates, resolved, acked, people, body
	FROM deliveries WHERE id = 2;
INSERT INTO attempts (delivery, number, began, ended, outcome, code, error, request, task)
		SELECT 38, number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 2;
INSERT INTO followups (delivery, kind, app, due, event, step, tries)
		SELECT 38, kind, app, due, event, step, tries FROM followups WHERE delivery = 2;
UPDATE deliveries SET people = '{"users":["u3"]}' WHERE id = 38;
UPDATE deliveries SET people = '{"users":["u1"]}' WHERE id = 2;
UPDATE deliveries SET due = 1795690864857, spent = spent + 1, reason = '', updated = 1795690864857 WHERE id = 2;
UPDATE store SET last_event = 17, last_delivery = 38;
INSERT INTO tally VALUES (0, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 7 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864869) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864869 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 7::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864825]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 7;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (7, 1, 1795690864869, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[7]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[0]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[7]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864873, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 7 AND number = 1;
UPDATE deliveries SET rang = 1795690864873, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 7;
DELETE FROM taken WHERE delivery = ANY(ARRAY[7]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864874 + span, delivery = 0 WHERE delivery = ANY(ARRAY[7]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[7]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864873, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 7;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (7, 'result', '', 1795690864873, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (7, 'escalate', '', 1795694464872, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 7 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -427119107303240960 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -427119107303240960 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 8 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864938) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864938 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 8::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864825]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 8;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (8, 1, 1795690864938, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[8]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[0]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[8]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864943, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 8 AND number = 1;
UPDATE deliveries SET rang = 1795690864943, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 8;
DELETE FROM taken WHERE delivery = ANY(ARRAY[8]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864944 + span, delivery = 0 WHERE delivery = ANY(ARRAY[8]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[8]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 10, spent = spent + 0, reason = '', updated = 1795690864943, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 8;
DELETE FROM followups WHERE delivery = 8;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -427119107303240960 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -427119107303240960 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (10, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 13 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864947) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864947 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 13::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864825]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 13;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (13, 1, 1795690864947, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[13]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[0]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[13]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864953, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 13 AND number = 1;
UPDATE deliveries SET rang = 1795690864953, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 13;
DELETE FROM taken WHERE delivery = ANY(ARRAY[13]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864954 + span, delivery = 0 WHERE delivery = ANY(ARRAY[13]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[13]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864953, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 13;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (13, 'result', '', 1795690864953, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (13, 'escalate', '', 1795694464952, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 13 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 8470788957367866752 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 8470788957367866752 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 14 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864957) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864957 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 14::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864825]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 14;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (14, 1, 1795690864957, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[14]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[0]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[14]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864966, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 14 AND number = 1;
UPDATE deliveries SET rang = 1795690864966, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 14;
DELETE FROM taken WHERE delivery = ANY(ARRAY[14]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864967 + span, delivery = 0 WHERE delivery = ANY(ARRAY[14]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[14]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 9, spent = spent + 0, reason = '', updated = 1795690864966, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 14;
DELETE FROM followups WHERE delivery = 14;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 8470788957367866752 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 8470788957367866752 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (9, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT clock_timestamp();
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE lease > 0 AND lease <= 1795690864977 ORDER BY id FOR UPDATE SKIP LOCKED;
WITH these AS (SELECT delivery, kind FROM followups WHERE lease > 0 AND lease <= 1795690864977 ORDER BY delivery, kind FOR UPDATE SKIP LOCKED)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1;
WITH these AS (SELECT delivery, kind FROM followups WHERE app = 'ops' AND app <> '' AND lease = 0 AND due <= 1795690864977
		ORDER BY due, delivery, kind LIMIT 2 FOR UPDATE SKIP LOCKED),
		claimed AS (UPDATE followups f SET lease = 1795690894977, fence = nextval('fences'), holder = 1 FROM these
			WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING f.*)
		SELECT f.kind, f.due, f.event, f.step, f.tries, delivery, fence FROM claimed f ORDER BY due, delivery, kind;
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 3;
SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 3 ORDER BY number;
SELECT person, fate, code, words, at FROM receipts WHERE delivery = 3 ORDER BY person COLLATE "C";
SELECT at, note FROM notes WHERE delivery = 3 ORDER BY number;
SELECT f.kind, f.due, f.event, f.step, f.tries FROM followups f WHERE delivery = 3 ORDER BY kind COLLATE "C";
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 4;
SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 4 ORDER BY number;
SELECT person, fate, code, words, at FROM receipts WHERE delivery = 4 ORDER BY person COLLATE "C";
SELECT at, note FROM notes WHERE delivery = 4 ORDER BY number;
SELECT f.kind, f.due, f.event, f.step, f.tries FROM followups f WHERE delivery = 4 ORDER BY kind COLLATE "C";
SELECT min(due) FROM followups WHERE app = 'ops' AND app <> '' AND lease = 0 AND due > 1795690864977;
SELECT min(lease) FROM followups WHERE app = 'ops' AND lease > 0;
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane FROM deliveries WHERE id = 3;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[24]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 3 FOR UPDATE;
SELECT clock_timestamp();
SELECT fence FROM followups WHERE delivery = 3 AND kind = 'result' AND lease > 0 FOR UPDATE;
SELECT source, group_key FROM events WHERE id = 2 FOR KEY SHARE;
UPDATE deliveries SET state = 3, reason = '' WHERE id = 3;
UPDATE deliveries SET updated = 1795690864982, acked = CASE WHEN true AND acked = 0 THEN 1795690864982 ELSE acked END WHERE id = 3;
DELETE FROM followups WHERE delivery = 3 AND kind = 'result';
INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES (3, 'u1', 'read', '', '', 1795690864982)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at;
INSERT INTO notes (delivery, number, at, note)
			SELECT 3, 1 + coalesce(max(number), 0), 1795690864982, 'note' FROM notes WHERE delivery = 3;
SELECT c, m.nth FROM unnest(ARRAY[-269389631736368696]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[39,40]::bigint[]::bigint[], ARRAY[2,2]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[-1,-1]::bigint[]::bigint[], ARRAY[1795690864982,1795690864982]::bigint[]::bigint[], ARRAY[1795690864982,1795690864982]::bigint[]::bigint[], ARRAY[4949290864982,4949290864982]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['\x'::bytea,'\x'::bytea]::bytea[]::bytea[], ARRAY[-269389631736368696,-269389631736368696]::bigint[]::bigint[], ARRAY[2,2]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864982,1795690864982]::bigint[]::bigint[], ARRAY[3,3]::bigint[]::bigint[], ARRAY['escalation 1','escalation 1']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x2d31'::bytea,'\x2d31'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 17, last_delivery = 40;
INSERT INTO tally VALUES (0, 2);
INSERT INTO tally VALUES (1, -1);
INSERT INTO tally VALUES (3, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = 4;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[24]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 4 FOR UPDATE;
SELECT clock_timestamp();
SELECT fence FROM followups WHERE delivery = 4 AND kind = 'result' AND lease > 0 FOR UPDATE;
SELECT source, group_key FROM events WHERE id = 2 FOR KEY SHARE;
UPDATE deliveries SET state = 2, reason = '' WHERE id = 4;
UPDATE deliveries SET updated = 1795690864986, acked = CASE WHEN true AND acked = 0 THEN 1795690864986 ELSE acked END WHERE id = 4;
DELETE FROM followups WHERE delivery = 4 AND kind = 'result';
INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES (4, 'u1', 'read', '', '', 1795690864986)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at;
INSERT INTO notes (delivery, number, at, note)
			SELECT 4, 1 + coalesce(max(number), 0), 1795690864986, 'note' FROM notes WHERE delivery = 4;
INSERT INTO tally VALUES (1, -1);
INSERT INTO tally VALUES (2, 1);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane, waits FROM deliveries WHERE waits = ANY(ARRAY[-854222584874746177]::bigint[]) AND waits <> 0;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT id FROM deliveries WHERE waits = ANY(ARRAY[-854222584874746177]::bigint[]) AND waits <> 0 ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3336'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[7879772113359530813]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032,7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts, d.rule, d.on_resolve, d.created FROM deliveries d JOIN events e ON e.id = d.event
		WHERE d.waits = -854222584874746177 AND d.waits <> 0 AND e.source = 's' AND e.group_key = '\x68'::bytea ORDER BY d.id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 26;
DELETE FROM followups WHERE delivery = 26 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 26 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 26;
DELETE FROM followups WHERE delivery = 26;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 27;
DELETE FROM followups WHERE delivery = 27 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 27 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 27;
DELETE FROM followups WHERE delivery = 27;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 28;
DELETE FROM followups WHERE delivery = 28 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 28 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 28;
DELETE FROM followups WHERE delivery = 28;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 29;
DELETE FROM followups WHERE delivery = 29 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 29 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 29;
DELETE FROM followups WHERE delivery = 29;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 30;
DELETE FROM followups WHERE delivery = 30 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 30 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 30;
DELETE FROM followups WHERE delivery = 30;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 31;
DELETE FROM followups WHERE delivery = 31 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 31 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 31;
DELETE FROM followups WHERE delivery = 31;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 32;
DELETE FROM followups WHERE delivery = 32 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 32 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 32;
DELETE FROM followups WHERE delivery = 32;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 33;
DELETE FROM followups WHERE delivery = 33 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 33 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 33;
DELETE FROM followups WHERE delivery = 33;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 34;
DELETE FROM followups WHERE delivery = 34 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 34 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 34;
DELETE FROM followups WHERE delivery = 34;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 35;
DELETE FROM followups WHERE delivery = 35 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 35 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 35;
DELETE FROM followups WHERE delivery = 35;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 36;
DELETE FROM followups WHERE delivery = 36 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 36 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 36;
DELETE FROM followups WHERE delivery = 36;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864988, updated = 1795690864988 WHERE id = 37;
DELETE FROM followups WHERE delivery = 37 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 37 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864988, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 37;
DELETE FROM followups WHERE delivery = 37;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 7363307354432694032 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 7363307354432694032 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
SELECT l, o.event FROM unnest(ARRAY[7363307354432694032]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[18]::bigint[]::bigint[], ARRAY[41]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864988]::bigint[]::bigint[], ARRAY['\x6b3336'::bytea]::bytea[]::bytea[], ARRAY[4949290864989]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x68'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[41,42]::bigint[]::bigint[], ARRAY[18,18]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864988,1795690864988]::bigint[]::bigint[], ARRAY[1795690864988,1795690864988]::bigint[]::bigint[], ARRAY[4949290864988,4949290864988]::bigint[]::bigint[], ARRAY[7363307354432694032,7363307354432694032]::bigint[]::bigint[], ARRAY['\x68'::bytea,'\x68'::bytea]::bytea[]::bytea[], ARRAY[7879772113359530813,7879772113359530813]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864988,1795690864988]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-854222584874746177,-854222584874746177]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3336'::bytea,'\x3336'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 18, last_delivery = 42;
INSERT INTO tally VALUES (0, -10);
INSERT INTO tally VALUES (7, 12);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT clock_timestamp();
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE lease > 0 AND lease <= 1795690864998 ORDER BY id FOR UPDATE SKIP LOCKED;
WITH these AS (SELECT delivery, kind FROM followups WHERE lease > 0 AND lease <= 1795690864998 ORDER BY delivery, kind FOR UPDATE SKIP LOCKED)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1;
SELECT lane FROM deliveries WHERE state = 0 AND expires <= 1795690864998 AND lease = 0 ORDER BY expires, id LIMIT 9;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE state = 0 AND expires <= 1795690864998 AND lease = 0 ORDER BY expires, id LIMIT 9 FOR UPDATE SKIP LOCKED;
SELECT least(
		(SELECT expires FROM deliveries WHERE state = 0 AND expires <= 1795690864998 AND lease = 0 ORDER BY expires LIMIT 1),
		(SELECT min(lease) FROM deliveries WHERE lease > 0 AND state = 0 AND expires <= 1795690864998),
		(SELECT min(expires) FROM deliveries WHERE state = 0 AND expires > 1795690864998));
COMMIT;
BEGIN;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[61]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['taken']::text[]) AND (until = 0 OR until > 1795690864999) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864999 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT key, sum(n), until, 0, bool_or(call), 0 FROM unnest(ARRAY['taken']::text[]::text[], ARRAY[1]::bigint[]::bigint[], ARRAY[1795694465000]::bigint[]::bigint[], ARRAY[false]::boolean[]::boolean[]) q (key, n, until, call)
			GROUP BY key, until ORDER BY key, until ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT key, sum(n)::bigint FROM taken WHERE key = ANY(ARRAY['slide','fixed','taken']::text[]) AND (until = 0 OR until > floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) GROUP BY key;
COMMIT;
BEGIN;
INSERT INTO facts (key, value, until) VALUES ('g', '\x01'::bytea, 0)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until
			WHERE NOT true OR facts.until > 0 AND facts.until <= floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint RETURNING 1;
COMMIT;
BEGIN;
DELETE FROM facts WHERE key IN (SELECT key FROM facts WHERE key = ANY(ARRAY['f']::text[]) ORDER BY key FOR UPDATE);
COMMIT;
BEGIN;
SELECT key, value, until FROM facts WHERE key = ANY(ARRAY['f','g']::text[]) AND (until = 0 OR until > floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE true AND d.state = ANY(ARRAY[10]::bigint[]) AND d.rule = 'rule' AND d.app = 'ops' AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event AND e.source = 's') ORDER BY d.id DESC LIMIT 50;
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane FROM deliveries WHERE id = 10;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 10 FOR UPDATE;
SELECT clock_timestamp();
SELECT source, group_key FROM events WHERE id = 5 FOR KEY SHARE;
UPDATE deliveries SET state = 0, ready = true, lane = 0, group_id = '', spent = 0,
		due = 1795690865032, expires = 4949290865031, counts = 4949337600000, nth = greatest(nth, 1), reason = '' WHERE id = 10;
UPDATE deliveries SET updated = 1795690865032, acked = CASE WHEN false AND acked = 0 THEN 1795690865032 ELSE acked END WHERE id = 10;
UPDATE store SET last_event = 18, last_delivery = 42;
INSERT INTO tally VALUES (0, 1);
INSERT INTO tally VALUES (10, -1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE true AND d.id < 99 AND d.event = 5 AND d.parent = 1 AND d.parent <> 0 AND d.waits = (SELECT waits FROM deliveries WHERE id = 2) AND d.waits <> 0 AND EXISTS (SELECT 1 FROM events e WHERE e.id = d.event AND e.group_key = '\x68'::bytea) ORDER BY d.id DESC LIMIT 50;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT source, kind, name, key, status, severity, title, group_key, headers, payload, faults, received
			FROM events WHERE id = 1;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT state, sum(n)::bigint FROM tally GROUP BY state HAVING sum(n) <> 0;
SELECT min(created) FROM deliveries WHERE state = 0;
COMMIT;
BEGIN;
INSERT INTO tally VALUES (0, 0);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
COMMIT;
BEGIN;
SELECT clock_timestamp();
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690865055 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
DELETE FROM facts WHERE key IN (SELECT key FROM facts WHERE until > 0 AND until <= 1795690865055 LIMIT 200 FOR UPDATE SKIP LOCKED);
SELECT id, received, key_until FROM events WHERE id > 0 ORDER BY id LIMIT 20;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE event = ANY(ARRAY[]::bigint[]) AND state <> 0 ORDER BY id FOR UPDATE;
SELECT id FROM events WHERE id = ANY(ARRAY[]::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED;
SELECT id FROM events e WHERE id = ANY(ARRAY[]::bigint[]) AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = e.id
		AND (d.state = 0 OR d.counts > 1795690865055 OR EXISTS (SELECT 1 FROM followups WHERE delivery = d.id))) ORDER BY id LIMIT 2;
COMMIT;
