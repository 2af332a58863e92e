package followup_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
	"workbell/sandbox"
)

// TestTruth sends 2,000 mixed events against every silent limit and fault of the
// stand-in, and holds what workbell says of each recipient of each delivery
// against the stand-in's own ledger.
func TestTruth(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		events := 2000
		if testing.Short() {
			events = 200
		}
		chance := rand.New(rand.NewPCG(20261126, 3))
		r.rules.resolved = []outbox.Message{text("it is over")}
		r.trouble()
		for i := range events {
			r.anEvent(chance, i)
			time.Sleep(time.Duration(chance.IntN(8000)) * time.Millisecond)
			if i%500 == 250 {
				r.restart()
			}
		}
		time.Sleep(time.Hour)
		r.far.Heal()
		time.Sleep(75 * time.Hour) // what waited for the next day is followed for another
		r.audit()
	})
}

// trouble orders faults of every kind, each for a share of the calls.
func (r *rig) trouble() {
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.TokenExpired, Probability: 0.002},
		{Kind: sandbox.CutAfter, Probability: 0.005, Path: "asyncsend_v2"},
		{Kind: sandbox.CutBefore, Probability: 0.005},
		{Kind: sandbox.Refuse, Code: 500, Probability: 0.005},
		{Kind: sandbox.Throttle, Probability: 0.002},
		{Kind: sandbox.HTTPStatus, Probability: 0.002},
		{Kind: sandbox.Slow, Wait: 90 * time.Second, Probability: 0.02},
		{Kind: sandbox.Drop, User: "u3", Code: 143104, Probability: 0.05},
		{Kind: sandbox.Drop, User: "u4", Code: 143105, Probability: 0.02},
		{Kind: sandbox.Drop, User: "u5", Code: 143106, Probability: 0.02},
		{Kind: sandbox.Drop, User: "u6", Code: 1430002, Probability: 0.02},
	} {
		if err := r.far.Fail(f); err != nil {
			r.t.Fatal(err)
		}
	}
}

// anEvent keeps an event of one of a few groups, firing or resolved.
func (r *rig) anEvent(chance *rand.Rand, i int) {
	group := fmt.Sprint("g", chance.IntN(20))
	to := []string{fmt.Sprint("u", 1+chance.IntN(8))}
	for range chance.IntN(4) {
		to = append(to, fmt.Sprint("u", 1+chance.IntN(36)))
	}
	if chance.IntN(10) == 0 {
		to = append(to, fmt.Sprint("gone", chance.IntN(3)))
	}
	to = message.Recipients{Users: to}.Union(message.Recipients{}).Users
	m := text(fmt.Sprint("event ", i/3), to...) // some alike
	if chance.IntN(3) == 0 {
		m = card(fmt.Sprint("card ", i), to[:min(len(to), 5)]...)
	}
	m.Group, m.Priority = group, chance.IntN(4)-1
	m.Track = []string{"result", "read", "none"}[chance.IntN(3)]
	if chance.IntN(6) == 0 && m.Msgtype == "text" {
		m.OnResolve = "recall"
	}
	e := outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Status: "firing", Title: group, GroupKey: group}, Messages: []outbox.Message{m}}
	if chance.IntN(3) == 0 {
		e.Event.Status, e.Resolve = "resolved", outbox.Windows
		e.Messages[0].IfUnamended = m.OnResolve == "status_bar"
	}
	r.keep(e)
	if user := to[0]; chance.IntN(2) == 0 {
		r.far.Read(user)
	}
}

// audit compares what is kept with the stand-in's ledger, entry by entry.
func (r *rig) audit() {
	ledger := map[int64]sandbox.Call{}
	rang := map[string]int{} // by day, user and content
	shown := map[string]bool{}
	for _, c := range r.far.Calls() {
		ledger[c.TaskID] = c
		for _, p := range c.Recipients {
			if p.Fate == sandbox.Unread || p.Fate == sandbox.Read {
				rang[c.At.In(china).Format(time.DateOnly)+p.UserID+c.Content]++
				shown[p.UserID+c.Msg] = true
			}
		}
	}
	for key, n := range rang {
		if n > 1 {
			r.t.Errorf("%s: rung %d times", key, n)
		}
	}
	told, deliveries := 0, r.all()
	for _, d := range deliveries {
		switch {
		case d.State.Open() || d.State == outbox.Sent && d.Track != "none" || len(d.Followups) > 0:
			r.t.Errorf("delivery %d (%s) has not ended: %s, %v, %v", d.ID, d.Track, d.State, d.Followups, d.Notes)
		case d.TaskID == 0 || d.Track == "none" || d.State == outbox.Recalled:
			continue
		}
		call, known := ledger[d.TaskID]
		if !known {
			r.t.Errorf("delivery %d: the stand-in has no task %d", d.ID, d.TaskID)
			continue
		}
		told += r.compare(&d, &call, shown)
	}
	r.bars(deliveries, ledger)
	calls := 0
	for _, m := range []string{"asyncsend_v2", "getsendresult", "getsendprogress", "recall", "update"} {
		r.t.Logf("%6d calls of %s", r.calls(m), m)
		calls += r.calls(m)
	}
	r.t.Logf("%d deliveries, %d fates learnt, %.2f calls for each delivery", len(deliveries), told, float64(calls)/float64(len(deliveries)))
}

// compare holds the receipts of a delivery against the ledger's entry for its
// task, and returns how many agree.
func (r *rig) compare(d *outbox.Delivery, call *sandbox.Call, shown map[string]bool) (agreed int) {
	got := fates(*d)
	for _, p := range call.Recipients {
		want := map[sandbox.Fate]string{sandbox.Unread: "delivered", sandbox.Read: "read", sandbox.Invalid: "invalid",
			sandbox.Forbidden: strings.TrimSpace("forbidden " + p.Code), sandbox.Failed: "failed"}[p.Fate]
		switch {
		case got[p.UserID] == want:
		case want == "read" && got[p.UserID] == "delivered": // read after it was asked
		// That they have the same content is true, or made up by the stand-in (trouble) after an
		// attempt whose answer was lost, or which never came there: nobody could tell.
		case p.Code == "143106" && got[p.UserID] == "delivered 143106" && (shown[p.UserID+call.Msg] || answerLost(d)):
		default:
			r.t.Errorf("delivery %d, %s: we say %q, the stand-in %q", d.ID, p.UserID, got[p.UserID], want)
			continue
		}
		agreed++
	}
	if len(got) != len(d.To.Users) {
		r.t.Errorf("delivery %d to %v: fates of %d", d.ID, d.To.Users, len(got))
	}
	return agreed
}

func answerLost(d *outbox.Delivery) bool {
	return slices.ContainsFunc(d.Attempts, func(a outbox.Attempt) bool { return a.Outcome == outbox.Unknown })
}

// bars fails where a status bar does not show how its alert ended, unless its
// end was sent instead.
func (r *rig) bars(deliveries []outbox.Delivery, ledger map[int64]sandbox.Call) {
	instead := map[int64]bool{}
	for _, d := range deliveries {
		if d.Cause == "resolved" {
			instead[d.Of] = true
		}
	}
	for _, d := range deliveries {
		c := ledger[d.TaskID]
		if c.StatusBar == nil || d.OnResolve != "status_bar" {
			continue
		}
		turned := strings.HasPrefix(c.StatusBar.Value, "Resolved")
		told := instead[d.ID] || strings.Contains(fmt.Sprint(d.Notes), "told of the end already")
		if d.Resolved.IsZero() == (turned || told) {
			r.t.Errorf("delivery %d, resolved %v: the bar shows %q; %v", d.ID, d.Resolved, c.StatusBar.Value, d.Notes)
		}
	}
}
