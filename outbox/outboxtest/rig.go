package outboxtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/outbox"
)

// rig is an open store in a test.
type rig struct {
	*testing.T
	Data
	options Options
	s       outbox.Store
}

func (r *rig) open() { r.s = r.Open(r.T, r.options) }

func (r *rig) close() {
	r.Helper()
	if err := r.s.Close(); err != nil {
		r.Errorf("Close: %v", err)
	}
}

func (r *rig) reopen() {
	r.Helper()
	r.close()
	r.open()
}

// ok stops the test where err is not nil.
func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// is compares.
func (r *rig) is(what string, got, want any) {
	r.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wants checks that err is the wanted one, by errors.Is.
func (r *rig) wants(what string, err, want error) {
	r.Helper()
	if !errors.Is(err, want) {
		r.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// text is a message of app ops to one person, worth sending for a day.
func (r *rig) text(content string) outbox.Message {
	return outbox.Message{
		Rule: "rule", App: "ops", Msgtype: "text", Repeat: outbox.Distinct, OnResolve: "send", Track: "none",
		Body:    fmt.Appendf(nil, `{"msgtype":"text","text":{"content":%q}}`, content),
		Calls:   []message.Recipients{{Users: []string{"u1"}}},
		Expires: r.Now().Add(24 * time.Hour),
	}
}

// content is the visible text of a body.
func content(body []byte) string {
	var m struct{ Text struct{ Content string } }
	if err := json.Unmarshal(body, &m); err != nil {
		return err.Error()
	}
	return m.Text.Content
}

// entry is an event of source s that calls for messages.
func (r *rig) entry(messages ...outbox.Message) outbox.Entry {
	return outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Received: r.Now()}, Messages: messages}
}

func (r *rig) enqueue(entries ...outbox.Entry) []outbox.Kept {
	r.Helper()
	kept, err := r.s.Enqueue(r.Context(), entries)
	r.ok(err)
	if len(kept) != len(entries) {
		r.Fatalf("Enqueue answered %d of %d entries", len(kept), len(entries))
	}
	return kept
}

// keep enqueues each message as an event's only one; it returns the deliveries.
func (r *rig) keep(messages ...outbox.Message) []int64 {
	r.Helper()
	var ids []int64
	for _, m := range messages {
		for _, d := range r.enqueue(r.entry(m))[0].Deliveries {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// claim leases for the longest time, and returns what and when there is more.
func (r *rig) claim(most int) ([]outbox.Delivery, time.Time) {
	r.Helper()
	due, next, err := r.s.Claim(r.Context(), "ops", most, 0)
	r.ok(err)
	return due, next
}

// claims claims all and wants these, in this order.
func (r *rig) claims(want ...int64) []outbox.Delivery {
	r.Helper()
	due, _ := r.claim(1000)
	if got := ids(due); !slices.Equal(got, want) {
		r.Fatalf("claimed %v, want %v", got, want)
	}
	return due
}

// lease claims one delivery, which is the only one due, and returns its lease.
func (r *rig) lease(id int64) outbox.Lease {
	r.Helper()
	return r.claims(id)[0].Lease()
}

func ids(list []outbox.Delivery) (all []int64) {
	for i := range list {
		all = append(all, list[i].ID)
	}
	return all
}

func (r *rig) reserve(l outbox.Lease, quotas ...outbox.Quota) outbox.Grant {
	r.Helper()
	g, err := r.s.Reserve(r.Context(), l, quotas)
	r.ok(err)
	return g
}

// begin reserves and wants it granted.
func (r *rig) begin(l outbox.Lease, quotas ...outbox.Quota) {
	r.Helper()
	if g := r.reserve(l, quotas...); !g.OK {
		r.Fatalf("Reserve for delivery %d: %+v, want it granted", l.ID, g)
	}
}

func (r *rig) update(updates ...outbox.Update) {
	r.Helper()
	r.ok(r.s.Update(r.Context(), updates...))
}

// ended is the update that ends an attempt so, and puts the delivery into
// state.
func ended(l outbox.Lease, state outbox.State, o outbox.Outcome) outbox.Update {
	return outbox.Update{Lease: l, State: state, Attempt: &outbox.Result{Outcome: o}}
}

// back is the update that gives a claimed delivery back as it was.
func back(d outbox.Delivery) outbox.Update {
	return outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due}
}

// send claims what is due, which is these, and has DingTalk accept them.
func (r *rig) send(ids ...int64) {
	r.Helper()
	for _, d := range r.claims(ids...) {
		r.begin(d.Lease())
		r.update(ended(d.Lease(), outbox.Sent, outbox.Accepted))
	}
}

// sendWith claims what is due, which is id alone, and has DingTalk accept it,
// with follow-ups to come.
func (r *rig) sendWith(id int64, to ...outbox.Followup) {
	r.Helper()
	l := r.lease(id)
	r.begin(l)
	u := ended(l, outbox.Sent, outbox.Accepted)
	u.Follow = to
	r.update(u)
}

// followups claims all that are due and wants those of these deliveries, in
// this order.
func (r *rig) followups(want ...int64) []outbox.Due {
	r.Helper()
	due, _, err := r.s.ClaimFollowups(r.Context(), "ops", 1000, 0)
	r.ok(err)
	var got []int64
	for i := range due {
		got = append(got, due[i].Delivery.ID)
	}
	if !slices.Equal(got, want) {
		r.Fatalf("follow-ups of %v were claimed, want %v", got, want)
	}
	return due
}

// amend makes an amendment and returns the deliveries that it made.
func (r *rig) amend(a outbox.Amendment) (made []int64) {
	r.Helper()
	refs, err := r.s.Amend(r.Context(), a)
	r.ok(err)
	for _, ref := range refs {
		made = append(made, ref.ID)
	}
	return made
}

// unamended wants an amendment to fail so, and to change nothing.
func (r *rig) unamended(what string, a outbox.Amendment, want error) {
	r.Helper()
	before, found := r.s.Get(r.Context(), a.Delivery)
	stats := r.stats()
	_, err := r.s.Amend(r.Context(), a)
	r.wants(what, err, want)
	r.is(what+": the store", r.stats(), stats)
	if found == nil {
		r.is(what+": the delivery", r.get(a.Delivery), before)
	}
}

func (r *rig) get(id int64) outbox.Delivery {
	r.Helper()
	d, err := r.s.Get(r.Context(), id)
	r.ok(err)
	return d
}

// states are those of deliveries, in order.
func (r *rig) states(ids ...int64) (all []outbox.State) {
	r.Helper()
	for _, id := range ids {
		all = append(all, r.get(id).State)
	}
	return all
}

func (r *rig) list(f outbox.Filter) []int64 {
	r.Helper()
	list, err := r.s.List(r.Context(), f)
	r.ok(err)
	return ids(list)
}

func (r *rig) stats() outbox.Stats {
	r.Helper()
	s, err := r.s.Stats(r.Context())
	r.ok(err)
	return s
}

func (r *rig) used(key string) int {
	r.Helper()
	used, err := r.s.Used(r.Context(), key)
	r.ok(err)
	return used[key]
}

// ms is the clock as a store shows it.
func (r *rig) ms() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// at lets time pass until the clock in zone first shows so.
func (r *rig) at(clock string, zone *time.Location) {
	r.Helper()
	of, err := time.ParseInLocation(time.TimeOnly, clock, zone)
	r.ok(err)
	now := r.Now().In(zone)
	then := time.Date(now.Year(), now.Month(), now.Day(), of.Hour(), of.Minute(), of.Second(), 0, zone)
	if !then.After(now) {
		then = then.AddDate(0, 0, 1)
	}
	r.Pass(then.Sub(now))
}
