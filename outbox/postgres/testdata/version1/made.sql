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
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[1]::bigint[]::bigint[], ARRAY[1]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864353]::bigint[]::bigint[], ARRAY['\x6b30'::bytea]::bytea[]::bytea[], ARRAY[4949290864354]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6730'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[1,2]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864353,1795690864353]::bigint[]::bigint[], ARRAY[1795690864353,1795690864353]::bigint[]::bigint[], ARRAY[4949290864337,4949290864337]::bigint[]::bigint[], ARRAY[2330190062970997577,2330190062970997577]::bigint[]::bigint[], ARRAY['\x6730'::bytea,'\x6730'::bytea]::bytea[]::bytea[], ARRAY[-2798051647710789287,-2798051647710789287]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864353,1795690864353]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-3746010416348536095,-3746010416348536095]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x30'::bytea,'\x30'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 1, last_delivery = 2;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[24]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b31'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[6543981062766493380]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[950307630486266520]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[2]::bigint[]::bigint[], ARRAY[3]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864371]::bigint[]::bigint[], ARRAY['\x6b31'::bytea]::bytea[]::bytea[], ARRAY[4949290864372]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6731'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[3,4]::bigint[]::bigint[], ARRAY[2,2]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795690864371,1795690864371]::bigint[]::bigint[], ARRAY[1795690864371,1795690864371]::bigint[]::bigint[], ARRAY[4949290864370,4949290864370]::bigint[]::bigint[], ARRAY[950307630486266520,950307630486266520]::bigint[]::bigint[], ARRAY['\x6731'::bytea,'\x6731'::bytea]::bytea[]::bytea[], ARRAY[6543981062766493380,6543981062766493380]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864371,1795690864371]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[7390037034262454350,7390037034262454350]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x31'::bytea,'\x31'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 2, last_delivery = 4;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[56]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b32'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-1180530334068714061]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[-4250223319465702216]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[3]::bigint[]::bigint[], ARRAY[5]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864377]::bigint[]::bigint[], ARRAY['\x6b32'::bytea]::bytea[]::bytea[], ARRAY[4949290864378]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6732'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[5,6]::bigint[]::bigint[], ARRAY[3,3]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[2,2]::bigint[]::bigint[], ARRAY[1795690864377,1795690864377]::bigint[]::bigint[], ARRAY[1795690864377,1795690864377]::bigint[]::bigint[], ARRAY[4949290864377,4949290864377]::bigint[]::bigint[], ARRAY[-4250223319465702216,-4250223319465702216]::bigint[]::bigint[], ARRAY['\x6732'::bytea,'\x6732'::bytea]::bytea[]::bytea[], ARRAY[-1180530334068714061,-1180530334068714061]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864377,1795690864377]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-3283222639457767630,-3283222639457767630]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x32'::bytea,'\x32'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 3, last_delivery = 6;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[0]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b33'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[2054801246259122187]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[-427119107303240960]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[4]::bigint[]::bigint[], ARRAY[7]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864386]::bigint[]::bigint[], ARRAY['\x6b33'::bytea]::bytea[]::bytea[], ARRAY[4949290864387]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6733'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[7,8]::bigint[]::bigint[], ARRAY[4,4]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864386,1795690864386]::bigint[]::bigint[], ARRAY[1795690864386,1795690864386]::bigint[]::bigint[], ARRAY[4949290864385,4949290864385]::bigint[]::bigint[], ARRAY[-427119107303240960,-427119107303240960]::bigint[]::bigint[], ARRAY['\x6733'::bytea,'\x6733'::bytea]::bytea[]::bytea[], ARRAY[2054801246259122187,2054801246259122187]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864386,1795690864386]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-8055855520809291086,-8055855520809291086]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x33'::bytea,'\x33'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 4, last_delivery = 8;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b34'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-5671190828296285893]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[4336695121191728016]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[5]::bigint[]::bigint[], ARRAY[9]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864389]::bigint[]::bigint[], ARRAY['\x6b34'::bytea]::bytea[]::bytea[], ARRAY[4949290864390]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6734'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[9,10]::bigint[]::bigint[], ARRAY[5,5]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795690864389,1795690864389]::bigint[]::bigint[], ARRAY[1795690864389,1795690864389]::bigint[]::bigint[], ARRAY[4949290864388,4949290864388]::bigint[]::bigint[], ARRAY[4336695121191728016,4336695121191728016]::bigint[]::bigint[], ARRAY['\x6734'::bytea,'\x6734'::bytea]::bytea[]::bytea[], ARRAY[-5671190828296285893,-5671190828296285893]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864389,1795690864389]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-3177801324674330178,-3177801324674330178]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x34'::bytea,'\x34'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 5, last_delivery = 10;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[3]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b35'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-1849028115663016236]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[-6827767198641503677]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[6]::bigint[]::bigint[], ARRAY[11]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864409]::bigint[]::bigint[], ARRAY['\x6b35'::bytea]::bytea[]::bytea[], ARRAY[4949290864410]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6735'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[11,12]::bigint[]::bigint[], ARRAY[6,6]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[2,2]::bigint[]::bigint[], ARRAY[1795690864409,1795690864409]::bigint[]::bigint[], ARRAY[1795690864409,1795690864409]::bigint[]::bigint[], ARRAY[4949290864409,4949290864409]::bigint[]::bigint[], ARRAY[-6827767198641503677,-6827767198641503677]::bigint[]::bigint[], ARRAY['\x6735'::bytea,'\x6735'::bytea]::bytea[]::bytea[], ARRAY[-1849028115663016236,-1849028115663016236]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864409,1795690864409]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-8491747710566081854,-8491747710566081854]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x35'::bytea,'\x35'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 6, last_delivery = 12;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[0]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b36'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[3349779184575051113]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[8470788957367866752]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[7]::bigint[]::bigint[], ARRAY[13]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864416]::bigint[]::bigint[], ARRAY['\x6b36'::bytea]::bytea[]::bytea[], ARRAY[4949290864417]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6736'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[13,14]::bigint[]::bigint[], ARRAY[7,7]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864416,1795690864416]::bigint[]::bigint[], ARRAY[1795690864416,1795690864416]::bigint[]::bigint[], ARRAY[4949290864416,4949290864416]::bigint[]::bigint[], ARRAY[8470788957367866752,8470788957367866752]::bigint[]::bigint[], ARRAY['\x6736'::bytea,'\x6736'::bytea]::bytea[]::bytea[], ARRAY[3349779184575051113,3349779184575051113]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864416,1795690864416]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-6331798705658819327,-6331798705658819327]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x36'::bytea,'\x36'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 7, last_delivery = 14;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b37'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[563684700888756444]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[-4985709608499841136]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[8]::bigint[]::bigint[], ARRAY[15]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864425]::bigint[]::bigint[], ARRAY['\x6b37'::bytea]::bytea[]::bytea[], ARRAY[4949290864426]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6737'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[15,16]::bigint[]::bigint[], ARRAY[8,8]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['status_bar','status_bar']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795690864425,1795690864425]::bigint[]::bigint[], ARRAY[1795690864425,1795690864425]::bigint[]::bigint[], ARRAY[4949290864425,4949290864425]::bigint[]::bigint[], ARRAY[-4985709608499841136,-4985709608499841136]::bigint[]::bigint[], ARRAY['\x6737'::bytea,'\x6737'::bytea]::bytea[]::bytea[], ARRAY[563684700888756444,563684700888756444]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864425,1795690864425]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-2868094414654835900,-2868094414654835900]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x37'::bytea,'\x37'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 8, last_delivery = 16;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT clock_timestamp();
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE lease > 0 AND lease <= 1795690864427 ORDER BY id FOR UPDATE SKIP LOCKED;
WITH these AS (SELECT delivery, kind FROM followups WHERE lease > 0 AND lease <= 1795690864427 ORDER BY delivery, kind FOR UPDATE SKIP LOCKED)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1;
WITH these AS (SELECT id FROM deliveries WHERE app = 'ops' AND state = 0 AND ready AND lease = 0 AND due <= 1795690864427 ORDER BY priority DESC, due, id LIMIT 9 FOR UPDATE SKIP LOCKED)
		UPDATE deliveries d SET lease = 1795690894427, fence = nextval('fences'), holder = 1 FROM these WHERE d.id = these.id
		RETURNING d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked, d.fence;
SELECT min(due) FROM deliveries WHERE app = 'ops' AND state = 0 AND ready AND lease = 0 AND due > 1795690864427;
SELECT min(lease) FROM deliveries WHERE app = 'ops' AND lease > 0;
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 5 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864444) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864444 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 5::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 5;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (5, 1, 1795690864444, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[5]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[56]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[5]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864459, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 5 AND number = 1;
UPDATE deliveries SET rang = 1795690864459, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 5;
DELETE FROM taken WHERE delivery = ANY(ARRAY[5]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864460 + span, delivery = 0 WHERE delivery = ANY(ARRAY[5]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[5]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864459, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 5;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (5, 'result', '', 1795690864459, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (5, 'escalate', '', 1795694464457, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 5 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -4250223319465702216 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -4250223319465702216 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 6 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864476) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864476 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 6::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 6;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (6, 1, 1795690864476, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[6]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[56]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[6]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864482, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 6 AND number = 1;
UPDATE deliveries SET rang = 1795690864482, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 6;
DELETE FROM taken WHERE delivery = ANY(ARRAY[6]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864483 + span, delivery = 0 WHERE delivery = ANY(ARRAY[6]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[6]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864482, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 6;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (6, 'result', '', 1795690864482, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (6, 'escalate', '', 1795694464482, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 6 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -4250223319465702216 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -4250223319465702216 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 11 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864487) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864487 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 11::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 11;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (11, 1, 1795690864487, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[11]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[3]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[11]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864489, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 11 AND number = 1;
UPDATE deliveries SET rang = 1795690864489, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 11;
DELETE FROM taken WHERE delivery = ANY(ARRAY[11]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864490 + span, delivery = 0 WHERE delivery = ANY(ARRAY[11]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[11]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864489, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 11;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (11, 'result', '', 1795690864489, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (11, 'escalate', '', 1795694464488, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 11 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -6827767198641503677 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -6827767198641503677 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 12 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864491) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864491 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 12::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 12;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (12, 1, 1795690864491, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[12]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[3]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[12]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864494, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 12 AND number = 1;
UPDATE deliveries SET rang = 1795690864494, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 12;
DELETE FROM taken WHERE delivery = ANY(ARRAY[12]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864495 + span, delivery = 0 WHERE delivery = ANY(ARRAY[12]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[12]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864494, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 12;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (12, 'result', '', 1795690864494, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (12, 'escalate', '', 1795694464494, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 12 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -6827767198641503677 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -6827767198641503677 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 3 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864500) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864500 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 3::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 3;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (3, 1, 1795690864500, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[3]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[24]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[3]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864503, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 3 AND number = 1;
UPDATE deliveries SET rang = 1795690864503, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 3;
DELETE FROM taken WHERE delivery = ANY(ARRAY[3]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864504 + span, delivery = 0 WHERE delivery = ANY(ARRAY[3]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[3]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864503, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 3;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (3, 'result', '', 1795690864503, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (3, 'escalate', '', 1795694464501, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 3 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 950307630486266520 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 950307630486266520 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 4 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864538) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864538 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 4::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 4;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (4, 1, 1795690864538, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[4]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[24]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[4]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864543, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 4 AND number = 1;
UPDATE deliveries SET rang = 1795690864543, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 4;
DELETE FROM taken WHERE delivery = ANY(ARRAY[4]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864544 + span, delivery = 0 WHERE delivery = ANY(ARRAY[4]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[4]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 1, spent = spent + 0, reason = '', updated = 1795690864543, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 4;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (4, 'result', '', 1795690864543, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
INSERT INTO followups (delivery, kind, app, due, event, step, tries) VALUES (4, 'escalate', '', 1795694464542, 0, 0, 0) ON CONFLICT (delivery, kind) DO NOTHING;
UPDATE followups SET app = 'ops' WHERE delivery = 4 RETURNING 1;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 950307630486266520 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 950307630486266520 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (1, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 9 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864563) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864563 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 9::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 9;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (9, 1, 1795690864563, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[9]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[9]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864592, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 9 AND number = 1;
UPDATE deliveries SET rang = 1795690864592, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 9;
DELETE FROM taken WHERE delivery = ANY(ARRAY[9]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864593 + span, delivery = 0 WHERE delivery = ANY(ARRAY[9]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[9]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 9, spent = spent + 0, reason = '', updated = 1795690864592, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 9;
DELETE FROM followups WHERE delivery = 9;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 4336695121191728016 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 4336695121191728016 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (9, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 10 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864605) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864605 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 10::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 10;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (10, 1, 1795690864605, 'begun');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[10]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[10]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864617, outcome = 'accepted', code = '', error = '', request = '', task = 7
			WHERE delivery = 10 AND number = 1;
UPDATE deliveries SET rang = 1795690864617, task = CASE WHEN 7::bigint = 0 THEN task ELSE 7 END WHERE id = 10;
DELETE FROM taken WHERE delivery = ANY(ARRAY[10]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[]::bigint[]));
UPDATE taken SET until = 1795690864618 + span, delivery = 0 WHERE delivery = ANY(ARRAY[10]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[10]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET state = 10, spent = spent + 0, reason = '', updated = 1795690864617, counts = 1795737600000, lease = 0, holder = 0, flying = 0
		WHERE id = 10;
DELETE FROM followups WHERE delivery = 10;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = 4336695121191728016 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = 4336695121191728016 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (10, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 15 FOR UPDATE;
SELECT pg_advisory_xact_lock(2002938882, slot) FROM unnest(ARRAY[17]::int[]::int[]) slot;
SELECT clock_timestamp();
SELECT key, until, n FROM taken WHERE key = ANY(ARRAY['slide']::text[]) AND (until = 0 OR until > 1795690864641) ORDER BY key, until;
DELETE FROM taken WHERE id IN
		(SELECT id FROM taken WHERE until <= 1795690864641 AND delivery = 0 LIMIT 200 FOR UPDATE SKIP LOCKED);
INSERT INTO taken (key, n, until, span, call, delivery)
			SELECT *, 15::bigint FROM unnest(ARRAY['slide','fixed']::text[]::text[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[0,4949290864428]::bigint[]::bigint[], ARRAY[3600000,0]::bigint[]::bigint[], ARRAY[true,false]::boolean[]::boolean[]);
UPDATE deliveries SET tries = 1, flying = 1 WHERE id = 15;
INSERT INTO attempts (delivery, number, began, outcome) VALUES (15, 1, 1795690864641, 'begun');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane FROM deliveries WHERE id = ANY(ARRAY[15]::bigint[]);
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = ANY(ARRAY[15]::bigint[]) ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
UPDATE attempts SET ended = 1795690864663, outcome = 'rejected', code = '', error = '', request = '', task = 7
			WHERE delivery = 15 AND number = 1;
DELETE FROM taken WHERE delivery = ANY(ARRAY[15]::bigint[]) AND delivery <> 0 AND until = 0 AND (span = 0 OR NOT call AND delivery = ANY(ARRAY[15]::bigint[]));
UPDATE taken SET until = 1795690864664 + span, delivery = 0 WHERE delivery = ANY(ARRAY[15]::bigint[]) AND delivery <> 0 AND until = 0;
WITH part AS (DELETE FROM taken WHERE delivery = ANY(ARRAY[15]::bigint[]) AND delivery <> 0 RETURNING *)
		INSERT INTO taken (key, n, until, span, call, delivery)
		SELECT key, sum(n), until, 0, bool_or(call), 0 FROM part WHERE call OR NOT delivery = ANY(ARRAY[15]::bigint[]) GROUP BY key, until ORDER BY key, until
		ON CONFLICT (key, until) WHERE delivery = 0 AND span = 0 DO UPDATE SET n = taken.n + excluded.n;
UPDATE deliveries SET lease = 0, holder = 0, flying = 0 WHERE id = 15;
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires,
	lane, group_id, content, nth, counts, rang, updated, tries, reason, parent, cause, waits, escalates, resolved, acked, people, body)
	SELECT 17, event, rule, app, msgtype, repeat, on_resolve, track, 0, ready OR true, priority, created, 1795690864663, expires,
	CASE WHEN true THEN 0 ELSE lane END, CASE WHEN true THEN '' ELSE group_id END,
	content, nth, counts, rang, 1795690864663, tries, '', parent, cause, waits, escalates, resolved, acked, people, body
	FROM deliveries WHERE id = 15;
INSERT INTO attempts (delivery, number, began, ended, outcome, code, error, request, task)
		SELECT 17, number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 15;
INSERT INTO followups (delivery, kind, app, due, event, step, tries)
		SELECT 17, kind, app, due, event, step, tries FROM followups WHERE delivery = 15;
UPDATE deliveries SET people = '{"users":["u3"]}' WHERE id = 17;
UPDATE deliveries SET people = '{"users":["u1"]}' WHERE id = 15;
UPDATE deliveries SET due = 1795690864663, spent = spent + 1, reason = '', updated = 1795690864663 WHERE id = 15;
UPDATE store SET last_event = 8, last_delivery = 17;
INSERT INTO tally VALUES (0, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT clock_timestamp();
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE lease > 0 AND lease <= 1795690864679 ORDER BY id FOR UPDATE SKIP LOCKED;
WITH these AS (SELECT delivery, kind FROM followups WHERE lease > 0 AND lease <= 1795690864679 ORDER BY delivery, kind FOR UPDATE SKIP LOCKED)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1;
WITH these AS (SELECT delivery, kind FROM followups WHERE app = 'ops' AND app <> '' AND lease = 0 AND due <= 1795690864679
		ORDER BY due, delivery, kind LIMIT 4 FOR UPDATE SKIP LOCKED),
		claimed AS (UPDATE followups f SET lease = 1795690894679, fence = nextval('fences'), holder = 1 FROM these
			WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING f.*)
		SELECT f.kind, f.due, f.event, f.step, f.tries, delivery, fence FROM claimed f ORDER BY due, delivery, kind;
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 5;
SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 5 ORDER BY number;
SELECT person, fate, code, words, at FROM receipts WHERE delivery = 5 ORDER BY person COLLATE "C";
SELECT at, note FROM notes WHERE delivery = 5 ORDER BY number;
SELECT f.kind, f.due, f.event, f.step, f.tries FROM followups f WHERE delivery = 5 ORDER BY kind COLLATE "C";
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 6;
SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 6 ORDER BY number;
SELECT person, fate, code, words, at FROM receipts WHERE delivery = 6 ORDER BY person COLLATE "C";
SELECT at, note FROM notes WHERE delivery = 6 ORDER BY number;
SELECT f.kind, f.due, f.event, f.step, f.tries FROM followups f WHERE delivery = 6 ORDER BY kind COLLATE "C";
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 11;
SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 11 ORDER BY number;
SELECT person, fate, code, words, at FROM receipts WHERE delivery = 11 ORDER BY person COLLATE "C";
SELECT at, note FROM notes WHERE delivery = 11 ORDER BY number;
SELECT f.kind, f.due, f.event, f.step, f.tries FROM followups f WHERE delivery = 11 ORDER BY kind COLLATE "C";
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 12;
SELECT number, began, ended, outcome, code, error, request, task FROM attempts WHERE delivery = 12 ORDER BY number;
SELECT person, fate, code, words, at FROM receipts WHERE delivery = 12 ORDER BY person COLLATE "C";
SELECT at, note FROM notes WHERE delivery = 12 ORDER BY number;
SELECT f.kind, f.due, f.event, f.step, f.tries FROM followups f WHERE delivery = 12 ORDER BY kind COLLATE "C";
SELECT min(due) FROM followups WHERE app = 'ops' AND app <> '' AND lease = 0 AND due > 1795690864679;
SELECT min(lease) FROM followups WHERE app = 'ops' AND lease > 0;
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane FROM deliveries WHERE id = 5;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[56]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 5 FOR UPDATE;
SELECT clock_timestamp();
SELECT fence FROM followups WHERE delivery = 5 AND kind = 'result' AND lease > 0 FOR UPDATE;
SELECT source, group_key FROM events WHERE id = 3 FOR KEY SHARE;
UPDATE deliveries SET state = 2, reason = '' WHERE id = 5;
UPDATE deliveries SET updated = 1795690864697, acked = CASE WHEN true AND acked = 0 THEN 1795690864697 ELSE acked END WHERE id = 5;
DELETE FROM followups WHERE delivery = 5 AND kind = 'result';
INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES (5, 'u1', 'read', '', '', 1795690864697)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at;
INSERT INTO notes (delivery, number, at, note)
			SELECT 5, 1 + coalesce(max(number), 0), 1795690864697, 'note' FROM notes WHERE delivery = 5;
SELECT c, m.nth FROM unnest(ARRAY[-269389631736368696]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[18,19]::bigint[]::bigint[], ARRAY[3,3]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[-1,-1]::bigint[]::bigint[], ARRAY[1795690864697,1795690864697]::bigint[]::bigint[], ARRAY[1795690864697,1795690864697]::bigint[]::bigint[], ARRAY[4949290864697,4949290864697]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['\x'::bytea,'\x'::bytea]::bytea[]::bytea[], ARRAY[-269389631736368696,-269389631736368696]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864697,1795690864697]::bigint[]::bigint[], ARRAY[5,5]::bigint[]::bigint[], ARRAY['escalation 1','escalation 1']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x2d31'::bytea,'\x2d31'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 8, last_delivery = 19;
INSERT INTO tally VALUES (0, 2);
INSERT INTO tally VALUES (1, -1);
INSERT INTO tally VALUES (2, 1);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = 6;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[56]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 6 FOR UPDATE;
SELECT clock_timestamp();
SELECT fence FROM followups WHERE delivery = 6 AND kind = 'result' AND lease > 0 FOR UPDATE;
SELECT source, group_key FROM events WHERE id = 3 FOR KEY SHARE;
UPDATE deliveries SET state = 3, reason = '' WHERE id = 6;
UPDATE deliveries SET updated = 1795690864726, acked = CASE WHEN true AND acked = 0 THEN 1795690864726 ELSE acked END WHERE id = 6;
DELETE FROM followups WHERE delivery = 6 AND kind = 'result';
INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES (6, 'u1', 'read', '', '', 1795690864726)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at;
INSERT INTO notes (delivery, number, at, note)
			SELECT 6, 1 + coalesce(max(number), 0), 1795690864726, 'note' FROM notes WHERE delivery = 6;
INSERT INTO tally VALUES (1, -1);
INSERT INTO tally VALUES (3, 1);
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = 11;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[3]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 11 FOR UPDATE;
SELECT clock_timestamp();
SELECT fence FROM followups WHERE delivery = 11 AND kind = 'result' AND lease > 0 FOR UPDATE;
SELECT source, group_key FROM events WHERE id = 6 FOR KEY SHARE;
UPDATE deliveries SET state = 4, reason = '' WHERE id = 11;
UPDATE deliveries SET updated = 1795690864727, acked = CASE WHEN true AND acked = 0 THEN 1795690864727 ELSE acked END WHERE id = 11;
DELETE FROM followups WHERE delivery = 11 AND kind = 'result';
INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES (11, 'u1', 'read', '', '', 1795690864727)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at;
INSERT INTO notes (delivery, number, at, note)
			SELECT 11, 1 + coalesce(max(number), 0), 1795690864727, 'note' FROM notes WHERE delivery = 11;
INSERT INTO tally VALUES (1, -1);
INSERT INTO tally VALUES (4, 1);
COMMIT;
BEGIN;
SELECT lane FROM deliveries WHERE id = 12;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[3]::int[]::int[]) slot;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE id = 12 FOR UPDATE;
SELECT clock_timestamp();
SELECT fence FROM followups WHERE delivery = 12 AND kind = 'result' AND lease > 0 FOR UPDATE;
SELECT source, group_key FROM events WHERE id = 6 FOR KEY SHARE;
UPDATE deliveries SET state = 5, reason = '' WHERE id = 12;
UPDATE deliveries SET updated = 1795690864732, acked = CASE WHEN true AND acked = 0 THEN 1795690864732 ELSE acked END WHERE id = 12;
DELETE FROM followups WHERE delivery = 12 AND kind = 'result';
INSERT INTO receipts (delivery, person, fate, code, words, at) VALUES (12, 'u1', 'read', '', '', 1795690864732)
			ON CONFLICT (delivery, person) DO UPDATE SET fate = excluded.fate, code = excluded.code, words = excluded.words, at = excluded.at;
INSERT INTO notes (delivery, number, at, note)
			SELECT 12, 1 + coalesce(max(number), 0), 1795690864732, 'note' FROM notes WHERE delivery = 12;
INSERT INTO tally VALUES (1, -1);
INSERT INTO tally VALUES (5, 1);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3230'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[563684700888756444]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[9]::bigint[]::bigint[], ARRAY[20]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864736]::bigint[]::bigint[], ARRAY['\x6b3230'::bytea]::bytea[]::bytea[], ARRAY[4949290864737]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[20,21]::bigint[]::bigint[], ARRAY[9,9]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['suppress','suppress']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[6,6]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[2,2]::bigint[]::bigint[], ARRAY[1795690864736,1795690864736]::bigint[]::bigint[], ARRAY[1795690864736,1795690864736]::bigint[]::bigint[], ARRAY[4949290864736,4949290864736]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['\x'::bytea,'\x'::bytea]::bytea[]::bytea[], ARRAY[563684700888756444,563684700888756444]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864736,1795690864736]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x37'::bytea,'\x37'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 9, last_delivery = 21;
INSERT INTO tally VALUES (6, 2);
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT lane, waits FROM deliveries WHERE waits = ANY(ARRAY[-2868094414654835900]::bigint[]) AND waits <> 0;
SELECT pg_advisory_xact_lock(2002938881, slot) FROM unnest(ARRAY[16]::int[]::int[]) slot;
SELECT id FROM deliveries WHERE waits = ANY(ARRAY[-2868094414654835900]::bigint[]) AND waits <> 0 ORDER BY id FOR UPDATE;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3231'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[-2687952652599604941]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
SELECT l, o.event FROM unnest(ARRAY[-4985709608499841136,-4985709608499841136,-4985709608499841136,0]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts, d.rule, d.on_resolve, d.created FROM deliveries d JOIN events e ON e.id = d.event
		WHERE d.waits = -2868094414654835900 AND d.waits <> 0 AND e.source = 's' AND e.group_key = '\x6737'::bytea ORDER BY d.id;
UPDATE deliveries SET waits = 0, resolved = 1795690864745, updated = 1795690864745 WHERE id = 15;
DELETE FROM followups WHERE delivery = 15 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 15 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864745, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 15;
DELETE FROM followups WHERE delivery = 15;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -4985709608499841136 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -4985709608499841136 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864745, updated = 1795690864745 WHERE id = 16;
DELETE FROM followups WHERE delivery = 16 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 16 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864745, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 16;
DELETE FROM followups WHERE delivery = 16;
UPDATE deliveries SET ready = true WHERE state = 0 AND NOT ready AND lane = -4985709608499841136 AND lane <> 0 AND event =
		(SELECT event FROM deliveries WHERE lane = -4985709608499841136 AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) RETURNING id;
UPDATE deliveries SET waits = 0, resolved = 1795690864745, updated = 1795690864745 WHERE id = 17;
DELETE FROM followups WHERE delivery = 17 AND kind = 'escalate';
UPDATE followups SET lease = 0, holder = 0 WHERE delivery = 17 AND lease > 0 RETURNING 1;
UPDATE deliveries SET state = 7, spent = spent + 0, reason = 'resolved before it was sent', updated = 1795690864745, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 17;
DELETE FROM followups WHERE delivery = 17;
SELECT l, o.event FROM unnest(ARRAY[-4985709608499841136]::bigint[]::bigint[]) l CROSS JOIN LATERAL
		(SELECT event FROM deliveries WHERE lane = l AND lane <> 0 AND state = 0 ORDER BY event LIMIT 1) o;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[10]::bigint[]::bigint[], ARRAY[22]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864745]::bigint[]::bigint[], ARRAY['\x6b3231'::bytea]::bytea[]::bytea[], ARRAY[4949290864746]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x6737'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[22,23]::bigint[]::bigint[], ARRAY[10,10]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[1795690864745,1795690864745]::bigint[]::bigint[], ARRAY[1795690864745,1795690864745]::bigint[]::bigint[], ARRAY[4949290864745,4949290864745]::bigint[]::bigint[], ARRAY[-4985709608499841136,-4985709608499841136]::bigint[]::bigint[], ARRAY['\x6737'::bytea,'\x6737'::bytea]::bytea[]::bytea[], ARRAY[-2687952652599604941,-2687952652599604941]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[4949337600000,4949337600000]::bigint[]::bigint[], ARRAY[1795690864745,1795690864745]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[-2868094414654835900,-2868094414654835900]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3231'::bytea,'\x3231'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 10, last_delivery = 23;
INSERT INTO tally VALUES (0, -1);
INSERT INTO tally VALUES (7, 3);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT last_event, last_delivery FROM store FOR UPDATE;
SELECT clock_timestamp();
WITH gone AS (DELETE FROM tally RETURNING state, n)
		INSERT INTO tally SELECT state, sum(n) FROM gone GROUP BY state RETURNING state, n;
SELECT DISTINCT ON (key) key, id, first, calls, key_until FROM events WHERE key = ANY(ARRAY['\x6b3232'::bytea]::bytea[]) AND key <> '' ORDER BY key, key_until DESC;
SELECT c, m.nth FROM unnest(ARRAY[4202189851116330435]::bigint[]::bigint[]) c CROSS JOIN (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) now CROSS JOIN LATERAL (
		WITH RECURSIVE days AS (
			(SELECT counts, nth FROM deliveries WHERE content = c AND counts > 0 AND counts > now.ms ORDER BY counts DESC, nth DESC LIMIT 1)
			UNION ALL
			SELECT d.* FROM days CROSS JOIN LATERAL (SELECT e.counts, e.nth FROM deliveries e WHERE e.content = c
				AND e.counts > 0 AND e.counts > now.ms AND e.counts < days.counts ORDER BY e.counts DESC, e.nth DESC LIMIT 1) d)
		SELECT max(nth) AS nth FROM days HAVING count(*) > 0) m;
INSERT INTO events (id, first, calls, received, key, key_until, source, kind, name, status, severity, title, group_key, headers, faults, payload) SELECT * FROM unnest(ARRAY[11]::bigint[]::bigint[], ARRAY[24]::bigint[]::bigint[], ARRAY[2]::bigint[]::bigint[], ARRAY[1795690864757]::bigint[]::bigint[], ARRAY['\x6b3232'::bytea]::bytea[]::bytea[], ARRAY[4949290864758]::bigint[]::bigint[], ARRAY['s']::text[]::text[], ARRAY['json']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7400ff27'::bytea]::bytea[]::bytea[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['{"A":"1"}']::text[]::text[], ARRAY['\x'::bytea]::bytea[]::bytea[], ARRAY['\x7b226e223a317d'::bytea]::bytea[]::bytea[]);
INSERT INTO deliveries (id, event, rule, app, msgtype, repeat, on_resolve, track, state, ready, priority, created, due, expires, lane, group_id, content, nth, counts, updated, parent, cause, waits, escalates, people, body) SELECT * FROM unnest(ARRAY[24,25]::bigint[]::bigint[], ARRAY[11,11]::bigint[]::bigint[], ARRAY['rule','rule']::text[]::text[], ARRAY['ops','ops']::text[]::text[], ARRAY['text','text']::text[]::text[], ARRAY['distinct','distinct']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[true,true]::boolean[]::boolean[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795690864757,1795690864757]::bigint[]::bigint[], ARRAY[1795694464757,1795694464757]::bigint[]::bigint[], ARRAY[1795687264757,1795687264757]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['\x'::bytea,'\x'::bytea]::bytea[]::bytea[], ARRAY[4202189851116330435,4202189851116330435]::bigint[]::bigint[], ARRAY[1,1]::bigint[]::bigint[], ARRAY[1795737600000,1795737600000]::bigint[]::bigint[], ARRAY[1795690864757,1795690864757]::bigint[]::bigint[], ARRAY[0,0]::bigint[]::bigint[], ARRAY['','']::text[]::text[], ARRAY[0,0]::bigint[]::bigint[], ARRAY[false,false]::boolean[]::boolean[], ARRAY['{"users":["u1"]}','{"users":["u2"]}']::text[]::text[], ARRAY['\x3232'::bytea,'\x3232'::bytea]::bytea[]::bytea[]);
UPDATE store SET last_event = 11, last_delivery = 25;
INSERT INTO tally VALUES (0, 2);
SELECT pg_notify('workbell', '1');
COMMIT;
BEGIN;
SELECT clock_timestamp();
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE lease > 0 AND lease <= 1795690864764 ORDER BY id FOR UPDATE SKIP LOCKED;
WITH these AS (SELECT delivery, kind FROM followups WHERE lease > 0 AND lease <= 1795690864764 ORDER BY delivery, kind FOR UPDATE SKIP LOCKED)
		UPDATE followups f SET lease = 0, holder = 0 FROM these WHERE f.delivery = these.delivery AND f.kind = these.kind RETURNING 1;
SELECT lane FROM deliveries WHERE state = 0 AND expires <= 1795690864764 AND lease = 0 ORDER BY expires, id LIMIT 9;
SELECT d.id, d.event, d.lane, d.content, d.app, d.state, d.rang, d.due, d.tries,
	d.flying, d.lease, d.fence, d.resolved, d.acked, d.nth, d.counts FROM deliveries d WHERE state = 0 AND expires <= 1795690864764 AND lease = 0 ORDER BY expires, id LIMIT 9 FOR UPDATE SKIP LOCKED;
UPDATE deliveries SET state = 8, spent = spent + 0, reason = 'it was not worth sending any more (expire)', updated = 1795690864764, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 24;
DELETE FROM followups WHERE delivery = 24;
UPDATE deliveries SET state = 8, spent = spent + 0, reason = 'it was not worth sending any more (expire)', updated = 1795690864764, counts = 0, lease = 0, holder = 0, flying = 0
		WHERE id = 25;
DELETE FROM followups WHERE delivery = 25;
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 24;
SELECT d.id, d.event, d.rule, d.app, d.msgtype, d.repeat, d.on_resolve, d.track, d.priority, d.group_id, d.body, d.people,
	d.state, d.reason, d.spent, d.tries, d.task, d.created, d.due, d.expires, d.updated, d.parent, d.cause, d.resolved, d.acked FROM deliveries d WHERE id = 25;
SELECT least(
		(SELECT expires FROM deliveries WHERE state = 0 AND expires <= 1795690864764 AND lease = 0 ORDER BY expires LIMIT 1),
		(SELECT min(lease) FROM deliveries WHERE lease > 0 AND state = 0 AND expires <= 1795690864764),
		(SELECT min(expires) FROM deliveries WHERE state = 0 AND expires > 1795690864764));
INSERT INTO tally VALUES (0, -2);
INSERT INTO tally VALUES (8, 2);
COMMIT;
BEGIN;
INSERT INTO facts (key, value, until) VALUES ('f', '\x00ff'::bytea, 0)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until
			WHERE NOT false OR facts.until > 0 AND facts.until <= floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint RETURNING 1;
COMMIT;
