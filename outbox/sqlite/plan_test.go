package sqlite

import (
	"database/sql/driver"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// scans are the statements that may look at all of something, and why.
var scans = map[string]string{
	"SCAN store":  "one row",
	"SCAN recent": "folded, see index.go",
	"SCAN routes": "few, read once",
	"SCAN attempts USING COVERING INDEX attempts_begun": "those in flight alone",
	"SCAN sqlite_master": "once",
	"SCAN deliveries USING COVERING INDEX deliveries_parts": "open parts alone, and the first of them",
	"SCAN d USING INDEX deliveries_split":                   "asked by people: parts alone",
	"SCAN json_each VIRTUAL TABLE INDEX 1:":                 "what was given",
	"SCAN CONSTANT ROW":                                     "no table at all",
	"SCAN 2-ROW VALUES CLAUSE":                              "what is inserted",
	"SCAN followups":                                        "when somebody sets the clock",
}

// TestNothingScans asks SQLite how it runs every statement that the store has:
// each finds its rows by an index, in order.
func TestNothingScans(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Path: useAll(t)})
	exercise(t, s)
	statements := map[string]int{}
	note := func(c *conn) {
		for sql, st := range c.stmts {
			statements[sql] = len(st.args)
		}
	}
	ok(t, s.run(t.Context(), "looking", 0, func(tx *tx) error { note(tx.conn); return nil }))
	for range readers {
		c := <-s.readers
		note(c)
		defer func() { s.readers <- c }()
	}
	if len(statements) < 90 {
		t.Errorf("only %d statements were used: the test does not see what it should", len(statements))
	}
	c, err := connect(s.dsn())
	ok(t, err)
	defer func() { ok(t, c.Close()) }()
	for _, sql := range slices.Sorted(maps.Keys(statements)) {
		if strings.HasPrefix(sql, "PRAGMA") {
			continue
		}
		err := c.query(func(r row) error {
			step := r.text(3)
			_, may := scans[step]
			ofEvents := strings.Contains(sql, "CROSS JOIN") // asked by people: what one event has is sorted
			if strings.Contains(step, "TEMP B-TREE") && !ofEvents || strings.HasPrefix(step, "SCAN") && !may {
				t.Errorf("%s\n\t%s", step, sql)
			}
			return nil
		}, "EXPLAIN QUERY PLAN "+sql, make([]driver.Value, statements[sql])...)
		ok(t, err)
	}
}

// useAll leaves a file with an attempt in flight behind, for Open to find.
func useAll(t *testing.T) string {
	t.Helper()
	s := open(t, Options{})
	_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(1)})
	ok(t, err)
	due, _, err := s.Claim(t.Context(), "ops", 1, 0)
	ok(t, err)
	_, err = s.Reserve(t.Context(), due[0].Lease(), []outbox.Quota{{Key: "k", N: 1, Window: time.Minute}, {Key: "f", N: 1, Until: time.Now().Add(time.Hour)}})
	ok(t, err)
	ok(t, s.Close())
	return s.opts.Path
}

// exercise makes every call that there is, each way.
func exercise(t *testing.T, s *Store) {
	t.Helper()
	e := benchEntry(2)
	e.Messages[0].Expires = time.Now().Add(-time.Second)
	_, err := s.Enqueue(t.Context(), []outbox.Entry{e, benchEntry(3), benchEntry(3), benchEntry(1)})
	ok(t, err)
	_, _, err = s.Expire(t.Context(), 10)
	ok(t, err)
	quotas := []outbox.Quota{{Key: "k", N: 1, Limit: 3, Window: time.Minute}, {Key: "f", N: 1, Until: time.Now().Add(time.Hour)}}
	attempts := []*outbox.Result{{Outcome: outbox.Rejected}, {Outcome: outbox.Accepted}}
	parts := []outbox.Part{{To: message.Recipients{Users: []string{"u1"}}, Aside: true}, {To: message.Recipients{Users: []string{"u2"}}}}
	for i := range 6 {
		due, _, err := s.Claim(t.Context(), "ops", 1, 0)
		ok(t, err)
		u := outbox.Update{Lease: due[0].Lease(), State: outbox.Queued}
		if g, err := s.Reserve(t.Context(), u.Lease, quotas); err == nil && g.OK {
			u.Attempt = attempts[i%2]
		}
		if i == 0 {
			u.Split = parts
		}
		if i == 5 {
			u.State = outbox.Sent
		}
		ok(t, s.Update(t.Context(), u))
	}
	amendAll(t, s)
	ok(t, s.run(t.Context(), "setting the clock", 0, func(t *tx) error { return t.moveTimes(t.now, -1) }))
	ok(t, s.Ready(t.Context()))
	same := benchEntry(3)
	same.Event.Key = ""
	_, err = s.Enqueue(t.Context(), []outbox.Entry{same, {Event: outbox.Event{Source: "s", Kind: "json", Received: time.Unix(1, 0)}}})
	ok(t, err)
	_, err = s.Prune(t.Context(), time.Now().Add(time.Hour), 100)
	ok(t, err)
	ask(t, s)
}

// amendAll makes the calls about what has been sent or has ended.
func amendAll(t *testing.T, s *Store) {
	t.Helper()
	barred := benchEntry(4)
	barred.Event.GroupKey, barred.Messages[0].Group = "barred", "barred"
	barred.Messages[0].OnResolve, barred.Messages[0].Priority = "status_bar", outbox.Critical
	end := barred
	end.Event.Key, end.Messages, end.Resolve = "", nil, outbox.Resolve{StatusBar: time.Hour, Recall: time.Hour}
	kept, err := s.Enqueue(t.Context(), []outbox.Entry{barred})
	ok(t, err)
	id := kept[0].Deliveries[0].ID
	again := outbox.Amendment{Delivery: id, State: outbox.Queued}
	for _, state := range []outbox.State{outbox.Refused, outbox.Queued, outbox.Sent} {
		due, _, err := s.Claim(t.Context(), "ops", 1, 0)
		ok(t, err)
		u := outbox.Update{Lease: due[0].Lease(), State: state}
		switch state {
		case outbox.Queued:
			u.Split = []outbox.Part{{To: due[0].To, Body: []byte("{}"), Msgtype: "text"}, {To: due[0].To}}
		case outbox.Sent:
			u.Follow = []outbox.Followup{{Kind: outbox.FollowEscalate}}
		}
		ok(t, s.Update(t.Context(), u))
		if state == outbox.Refused {
			_, err = s.Enqueue(t.Context(), []outbox.Entry{barred})
			ok(t, err)
			_, err = s.Amend(t.Context(), again)
			ok(t, err)
		}
	}
	_, err = s.Enqueue(t.Context(), []outbox.Entry{end})
	ok(t, err)
	due, _, err := s.ClaimFollowups(t.Context(), "ops", 10, 0)
	ok(t, err)
	_, err = s.Amend(t.Context(), outbox.Amendment{Delivery: due[0].Delivery.ID, Lease: due[0].Lease(), State: outbox.Delivered, Note: "n",
		Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}}, Add: []outbox.Followup{{Kind: outbox.FollowResult}}, Messages: barred.Messages})
	ok(t, err)
	_, err = s.Take(t.Context(), []outbox.Quota{{Key: "t", N: 1, Limit: 2, Window: time.Minute}})
	ok(t, err)
	_, err = s.Learn(t.Context(), outbox.Fact{Key: "k"}, true)
	ok(t, err)
	ok(t, s.Forget(t.Context(), "k"))
}

// ask makes every query.
func ask(t *testing.T, s *Store) {
	t.Helper()
	_, err := s.Get(t.Context(), 1)
	ok(t, err)
	for _, source := range []string{"", "s"} {
		_, err = s.Events(t.Context(), outbox.EventFilter{Source: source})
		ok(t, err)
	}
	_, err = s.Event(t.Context(), 1)
	ok(t, err)
	_, err = s.Facts(t.Context(), "k")
	ok(t, err)
	_, err = s.Used(t.Context(), "k")
	ok(t, err)
	_, err = s.Stats(t.Context())
	ok(t, err)
	for _, f := range []outbox.Filter{
		{}, {Before: 100}, {States: []outbox.State{outbox.Queued}}, {Rule: "critical"}, {Source: "alertmanager", App: "ops"},
		{Event: 1}, {Event: 1, States: []outbox.State{outbox.Queued}}, {GroupKey: benchEntry(1).Event.GroupKey}, {Of: 1},
	} {
		_, err := s.List(t.Context(), f)
		ok(t, err)
	}
}
