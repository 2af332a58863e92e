package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// TestVersion1 opens a file as the first version wrote it, and works on it.
func TestVersion1(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	script(t, path, schema+`
		INSERT INTO routes VALUES (1, 's', 'rule', 'ops', 'text', 'distinct', 'status_bar', 'none');
		INSERT INTO events (id, first, calls, received, key_until, source, kind, group_key, payload) VALUES (1, 1, 2, 1000, 0, 's', 'json', 'k', '{}');
		INSERT INTO deliveries (id, event, route, app, state, ready, priority, created, due, expires, content, nth, prior, updated, people, body)
		VALUES (1, 1, 1, 1, 0, 1, 0, 1000, 1000, 253402300799999, 7, 1, 0, 1000, '{"users":["u1"]}', '{"msgtype":"text"}'),
			(2, 1, 1, 1, 1, 1, 0, 1000, 1000, 253402300799999, 7, 1, 1, 1000, '{"users":["u2"]}', '{"msgtype":"text"}');
		UPDATE store SET opened = 1, last_event = 1, last_delivery = 2, counts = '{"queued":1,"sent":1}';
		PRAGMA user_version = 1; PRAGMA application_id = `+fmt.Sprint(applicationID))
	s := open(t, Options{Path: path})
	d, err := s.Get(t.Context(), 1)
	ok(t, err)
	if d.OnResolve != "status_bar" || len(d.To.Users) != 1 || d.Of != 0 || d.Cause != "" || !d.Resolved.IsZero() || !d.Acked.IsZero() {
		t.Errorf("a delivery of version 1 is %+v", d)
	}
	_, err = s.Amend(t.Context(), outbox.Amendment{Delivery: 2, State: outbox.Delivered, Note: "n", Add: []outbox.Followup{{Kind: outbox.FollowRecall}},
		Messages: []outbox.Message{{App: "ops", Body: []byte("{}"), OnResolve: "status_bar", Calls: []message.Recipients{{Users: []string{"u3"}}}}}})
	ok(t, err)
	due, _, err := s.ClaimFollowups(t.Context(), "ops", 10, 0)
	ok(t, err)
	if len(due) != 1 || due[0].Delivery.ID != 2 || due[0].Delivery.State != outbox.Delivered {
		t.Errorf("follow-ups due: %+v, want that of delivery 2", due)
	}
	e := outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", GroupKey: "k"}, Resolve: outbox.Resolve{StatusBar: time.Hour}}
	kept, err := s.Enqueue(t.Context(), []outbox.Entry{e})
	ok(t, err)
	if len(kept[0].Amended) != 1 || kept[0].Amended[0].ID != 3 { // what version 1 kept does not wait
		t.Errorf("amended %+v, want delivery 3 alone", kept[0].Amended)
	}
	s = reopen(t, s)
	st, err := s.Stats(t.Context())
	ok(t, err)
	if st.Open != 1 || st.States[outbox.Superseded] != 1 || st.States[outbox.Delivered] != 1 {
		t.Errorf("%+v, want one each queued, delivered and superseded", st)
	}
}

// TestPlainCostsNoMore counts what a message that calls for nothing leaves in
// the tables and indexes of version 2.
func TestPlainCostsNoMore(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	rows := func(want ...int64) {
		t.Helper()
		ok(t, s.run(t.Context(), "looking", 0, func(tx *tx) error {
			r, _, err := tx.conn.one(`SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM deliveries INDEXED BY deliveries_waits WHERE waits IS NOT NULL),
				(SELECT count(*) FROM deliveries INDEXED BY deliveries_parent WHERE parent IS NOT NULL), (SELECT count(*) FROM followups),
				(SELECT count(*) FROM receipts), (SELECT count(*) FROM notes), (SELECT count(*) FROM facts)`)
			for i := range want {
				if err == nil && r[i] != want[i] {
					t.Errorf("rows and index entries are %v, want %v", r, want)
					break
				}
			}
			return err
		}))
	}
	plain := benchEntry(1)
	plain.Resolve = outbox.Resolve{StatusBar: time.Hour}
	barred := benchEntry(2)
	barred.Event.GroupKey, barred.Messages[0].OnResolve = "k", "status_bar"
	_, err := s.Enqueue(t.Context(), []outbox.Entry{plain})
	ok(t, err)
	rows(1, 0, 0, 0, 0, 0, 0)
	_, err = s.Enqueue(t.Context(), []outbox.Entry{barred})
	ok(t, err)
	rows(2, 1, 0, 0, 0, 0, 0)
	ended := benchEntry(3)
	ended.Event.GroupKey, ended.Resolve = "k", outbox.Resolve{StatusBar: time.Hour}
	_, err = s.Enqueue(t.Context(), []outbox.Entry{ended})
	ok(t, err)
	rows(3, 0, 0, 0, 0, 0, 0)
}

// TestFailureForgetsFollowups fails a batch that has claimed, replaced and
// dropped follow-ups: memory is then as it was.
func TestFailureForgetsFollowups(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(1), benchEntry(2)})
	ok(t, err)
	due, _, err := s.Claim(t.Context(), "ops", 2, 0)
	ok(t, err)
	for _, d := range due {
		ok(t, s.Update(t.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Sent,
			Follow: []outbox.Followup{{Kind: outbox.FollowResult}, {Kind: outbox.FollowRecall, Due: time.Now().Add(time.Hour)}}}))
	}
	claimed, _, err := s.ClaimFollowups(t.Context(), "ops", 1, 0)
	ok(t, err)
	before := s.memoryState(t)
	err = s.run(t.Context(), "failing", 0, func(tx *tx) error {
		if _, _, err := tx.claimFollowups("ops", 10, time.Second); err != nil {
			return err
		}
		a := outbox.Amendment{Delivery: 1, Lease: claimed[0].Lease(), State: outbox.Delivered, Add: []outbox.Followup{{Kind: outbox.FollowRecall}}}
		if _, err := tx.amend(&a, nil); err != nil {
			return err
		}
		return errors.New("the disk is gone")
	})
	if err == nil {
		t.Fatal("the batch did not fail")
	}
	if after := s.memoryState(t); after != before {
		t.Errorf("a batch that failed left its traces in memory:\n%s\nbefore:\n%s", after, before)
	}
	_, err = s.Amend(t.Context(), outbox.Amendment{Delivery: 1, Lease: claimed[0].Lease()})
	ok(t, err)
}

// TestPruneLeavesNothing counts the rows of a store whose only event is pruned.
func TestPruneLeavesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	e := benchEntry(1)
	e.Event.Key, e.Event.Received, e.Messages[0].OnResolve = "", time.Unix(1, 0), "recall"
	_, err := s.Enqueue(t.Context(), []outbox.Entry{e})
	ok(t, err)
	due, _, err := s.Claim(t.Context(), "ops", 1, 0)
	ok(t, err)
	ok(t, s.Update(t.Context(), outbox.Update{Lease: due[0].Lease(), State: outbox.Sent, Follow: []outbox.Followup{{Kind: outbox.FollowResult}}}))
	claimed, _, err := s.ClaimFollowups(t.Context(), "ops", 1, 0)
	ok(t, err)
	_, err = s.Amend(t.Context(), outbox.Amendment{Delivery: 1, Lease: claimed[0].Lease(), Note: "n",
		Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}}, Messages: e.Messages})
	ok(t, err)
	due, _, err = s.Claim(t.Context(), "ops", 1, 0)
	ok(t, err)
	ok(t, s.Update(t.Context(), outbox.Update{Lease: due[0].Lease(), State: outbox.Refused}))
	_, err = s.Learn(t.Context(), outbox.Fact{Key: "k", Until: time.Now()}, false)
	ok(t, err)
	removed, err := s.Prune(t.Context(), time.Now(), 10)
	ok(t, err)
	if removed != 1 {
		t.Errorf("Prune removed %d events, want 1", removed)
	}
	ok(t, s.run(t.Context(), "looking", 0, func(tx *tx) error {
		for _, table := range []string{"events", "deliveries", "attempts", "followups", "receipts", "notes", "facts"} {
			r, _, err := tx.conn.one("SELECT count(*) FROM " + table)
			if err != nil || r[0] != 0 {
				t.Errorf("the table %s has %d rows left (%v)", table, r[0], err)
			}
		}
		return nil
	}))
}
