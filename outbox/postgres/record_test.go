package postgres

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"workbell/message"
	"workbell/outbox"
)

var record = flag.String("record", "", "the folder in testdata to write what this version sends to; do so before a new schema version, which is tested with it")

// RecordTest writes, where -record says so, the statements by which this version
// makes a store with rows in every table and state (made.sql), and goes on with
// it (works.sql), with the arguments written in.
func RecordTest(t *testing.T, url string) {
	t.Helper()
	if *record == "" {
		return
	}
	s, err := Open(t.Context(), Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r := &recorder{}
	config := s.pool.Config()
	config.ConnConfig.Tracer = r
	s.pool.Close()
	if s.pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil { // nothing has called the store yet
		t.Fatal(err)
	}
	for _, part := range []struct {
		file string
		do   func(old)
	}{{"made.sql", old.make}, {"works.sql", old.work}} {
		r.sql.Reset()
		fmt.Fprintf(&r.sql, "-- What the engine sent whose newest schema version was %d; written by -record.\n", len(migrations))
		part.do(old{t, s})
		file := filepath.Join("testdata", *record, part.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(r.sql.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// recorder notes what a store sends that is used by one caller.
type recorder struct{ sql strings.Builder }

func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	for _, q := range b.Batch.QueuedQueries {
		sql := q.SQL
		for i := len(q.Arguments); i > 0; i-- { // $12 before $1
			sql = strings.ReplaceAll(sql, "$"+strconv.Itoa(i), literal(q.Arguments[i-1]))
		}
		r.sql.WriteString(sql + ";\n")
	}
	return ctx
}
func (*recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}
func (*recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (*recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// literal is a value as SQL. A dollar sign in it would be taken for a parameter.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return `'\x` + hex.EncodeToString(v) + "'::bytea"
	case []int64:
		return literals(v, "bigint")
	case []int32:
		return literals(v, "int")
	case []bool:
		return literals(v, "boolean")
	case []string:
		return literals(v, "text")
	case [][]byte:
		return literals(v, "bytea")
	default:
		return fmt.Sprint(v)
	}
}

func literals[T any](all []T, kind string) string {
	var each []string
	for _, v := range all {
		each = append(each, literal(v))
	}
	return "ARRAY[" + strings.Join(each, ",") + "]::" + kind + "[]"
}

// old is a store of the version that is recorded.
type old struct {
	*testing.T
	s *Store
}

func (o old) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

const century = 100 * 365 * 24 * time.Hour

// entry is an event with a message to each of two people.
func (o old) entry(n int, group, onResolve string) outbox.Entry {
	return outbox.Entry{
		Event: outbox.Event{Source: "s", Kind: "json", Key: "k" + strconv.Itoa(n), KeyTTL: century, GroupKey: group, Title: "t\x00\xff'", Headers: map[string]string{"A": "1"}, Payload: []byte(`{"n":1}`)},
		Messages: []outbox.Message{{
			Rule: "rule", App: "ops", Msgtype: "text", Priority: n % 3, Group: group, Body: fmt.Append(nil, n), Repeat: outbox.Distinct,
			OnResolve: onResolve, Expires: time.Now().Add(century), Escalates: group != "",
			Calls: []message.Recipients{{Users: []string{"u1"}}, {Users: []string{"u2"}}},
		}},
	}
}

func (o old) keep(e outbox.Entry) []outbox.Ref {
	o.Helper()
	kept, err := o.s.Enqueue(o.Context(), []outbox.Entry{e})
	o.must(err)
	return kept[0].Deliveries
}

// send has all that is due end as a state after another says.
func (o old) send(states ...outbox.State) {
	o.Helper()
	ctx := o.Context()
	quotas := []outbox.Quota{{Key: "slide", N: 1, Limit: 90, Window: time.Hour, Call: true}, {Key: "fixed", N: 1, Until: time.Now().Add(century)}}
	due, _, err := o.s.Claim(ctx, "ops", len(states), 0)
	o.must(err)
	for i, d := range due {
		_, err := o.s.Reserve(ctx, d.Lease(), quotas)
		o.must(err)
		u := outbox.Update{Lease: d.Lease(), State: states[i], Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: 7}}
		switch states[i] {
		case outbox.Sent:
			u.Follow = []outbox.Followup{{Kind: outbox.FollowResult}, {Kind: outbox.FollowEscalate, Due: time.Now().Add(time.Hour)}}
		case outbox.Queued:
			u.Attempt.Outcome, u.Spend = outbox.Rejected, true
			u.Split = []outbox.Part{{To: message.Recipients{Users: []string{"u1"}}}, {To: message.Recipients{Users: []string{"u3"}}, Aside: true}}
		}
		o.must(o.s.Update(ctx, u))
	}
}

// amend moves what has been sent to each of the states, by its follow-up.
func (o old) amend(states ...outbox.State) {
	o.Helper()
	due, _, err := o.s.ClaimFollowups(o.Context(), "ops", len(states), 0)
	o.must(err)
	for i, d := range due {
		a := outbox.Amendment{Delivery: d.Delivery.ID, Lease: d.Lease(), State: states[i], Acked: true, Note: "note", Receipts: []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}}}
		if i == 0 {
			m := o.entry(-1, "", "").Messages
			m[0].Cause = "escalation 1"
			a.Messages = m
		}
		_, err := o.s.Amend(o.Context(), a)
		o.must(err)
	}
}

func (o old) make() {
	ctx := o.Context()
	for n := range 8 {
		o.keep(o.entry(n, fmt.Sprint("g", n), "status_bar"))
	}
	o.send(outbox.Sent, outbox.Sent, outbox.Sent, outbox.Sent, outbox.Sent, outbox.Sent, outbox.Refused, outbox.Dead, outbox.Queued)
	o.amend(outbox.Delivered, outbox.Partial, outbox.Failed, outbox.Recalled)
	again := o.entry(20, "", "")
	again.Messages[0].Body, again.Messages[0].Repeat = []byte("7"), outbox.Suppress
	o.keep(again)
	resolved := o.entry(21, "g7", "")
	resolved.Resolve = outbox.Windows
	o.keep(resolved)
	stale := o.entry(22, "", "")
	stale.Messages[0].Expires, stale.Messages[0].Due = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	o.keep(stale)
	_, _, err := o.s.Expire(ctx, 9)
	o.must(err)
	_, err = o.s.Learn(ctx, outbox.Fact{Key: "f", Value: []byte{0, 255}}, false)
	o.must(err)
}

// work makes use of everything that a store does.
func (o old) work() {
	ctx := o.Context()
	o.keep(o.entry(0, "g0", "status_bar")) // its key is taken
	for n := 30; n < 36; n++ {
		o.keep(o.entry(n, "h", "recall"))
	}
	o.send(outbox.Sent, outbox.Queued, outbox.Sent, outbox.Dead, outbox.Sent, outbox.Refused)
	o.amend(outbox.Partial, outbox.Delivered)
	resolved := o.entry(36, "h", "")
	resolved.Resolve = outbox.Windows
	o.keep(resolved)
	_, _, err := o.s.Expire(ctx, 9)
	o.must(err)
	_, err = o.s.Take(ctx, []outbox.Quota{{Key: "taken", N: 1, Limit: 3, Window: time.Hour}})
	o.must(err)
	_, err = o.s.Used(ctx, "slide", "fixed", "taken")
	o.must(err)
	_, err = o.s.Learn(ctx, outbox.Fact{Key: "g", Value: []byte{1}}, true)
	o.must(err)
	o.must(o.s.Forget(ctx, "f"))
	_, err = o.s.Facts(ctx, "f", "g")
	o.must(err)
	dead, err := o.s.List(ctx, outbox.Filter{States: []outbox.State{outbox.Dead}, Source: "s", Rule: "rule", App: "ops"})
	o.must(err)
	_, err = o.s.Amend(ctx, outbox.Amendment{Delivery: dead[0].ID, State: outbox.Queued, Expires: time.Now().Add(century)})
	o.must(err)
	_, err = o.s.List(ctx, outbox.Filter{Event: dead[0].Event, GroupKey: "h", Of: 1, WaitsWith: 2, Before: 99})
	o.must(err)
	_, err = o.s.Event(ctx, 1)
	o.must(err)
	_, err = o.s.Stats(ctx)
	o.must(err)
	o.must(o.s.Ready(ctx))
	_, err = o.s.Prune(ctx, time.Now().Add(time.Hour), 2)
	o.must(err)
}
