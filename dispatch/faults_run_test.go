package dispatch_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/message"
	"workbell/outbox"
)

// An hour's outage, of every kind: nothing is lost, nothing is spent, few calls
// are wasted, and then the queue drains at the allowed rate. A pause may last
// half its length: the shortest allow 27 probes an hour where they grow to five
// minutes, and 124 where they grow to one, beside the first burst of 20 calls;
// a token is tried twice, the old and the new.
func TestOutageOfAnHour(t *testing.T) {
	for name, fail := range map[string]struct {
		why     *dingtalk.Error
		outcome outbox.Outcome
		calls   int // at most
	}{
		"refused":       {refused(), outbox.Unsent, 200},
		"no answer":     {noAnswer(), outbox.Unknown, 200},
		"busy":          {busy(), outbox.Unknown, 200},
		"throttled":     {answer(dingtalk.SlowDown, "90018"), outbox.Rejected, 20 + 124},
		"misconfigured": {answer(dingtalk.Misconfigured, "60020"), outbox.Rejected, 20 + 27},
		"month used up": {answer(dingtalk.QuotaUsedUp, "90020"), outbox.Rejected, 30},
		"token":         {answer(dingtalk.RenewToken, "88/40014"), outbox.Rejected, 2*20 + 27},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, "12:00:00", func(r *rig) {
				var over atomic.Bool
				r.far.before = func(int, message.Recipients, string) *dingtalk.Error {
					if over.Load() {
						return nil
					}
					e := *fail.why
					return &e
				}
				var backlog []outbox.Message
				for i := range 100 {
					backlog = append(backlog, msg(fmt.Sprint(i), fmt.Sprintf("u%d", i)))
				}
				ids := r.enqueue(backlog...)
				r.start()
				time.Sleep(time.Hour)
				if got := r.far.called(); got > fail.calls {
					r.t.Errorf("%d calls during the outage", got)
				}
				if s := r.Status()[0]; s.Reason == "" || s.LastError == "" {
					r.t.Errorf("status says nothing: %+v", s)
				}
				over.Store(true)
				r.drain(2 * time.Hour)
				for _, id := range ids {
					if d := r.wantState(id, outbox.Sent); d.Spent != 0 {
						r.t.Errorf("delivery %d spent %d attempts", id, d.Spent)
					}
				}
				if got := len(r.far.arrived()); got != 100 {
					r.t.Errorf("%d arrived", got)
				}
				// The stragglers aside, that were probes and wait by themselves.
				if got := r.far.arrived()[80].at.Sub(r.far.arrived()[1].at); got > 5*time.Second {
					r.t.Errorf("80 took %v after the outage", got)
				}
				if r.seen.outcomes[fail.outcome] == 0 {
					r.t.Errorf("outcomes: %v", r.seen.outcomes)
				}
			})
		})
	}
}

// Somebody has to act: it is said once, as an error, and not for each attempt.
func TestMisconfigurationIsSaidOnceAndReloadEndsIt(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		var right atomic.Bool
		r.far.before = func(int, message.Recipients, string) *dingtalk.Error {
			if right.Load() {
				return nil
			}
			return answer(dingtalk.Misconfigured, "40096")
		}
		id := r.enqueue(msg("m", "u1"))[0]
		r.start()
		time.Sleep(time.Hour)
		if got := r.log.count("level=ERROR", "app pauses"); got != 1 {
			r.t.Errorf("said %d times", got)
		}
		if got := r.seen.pauses[dispatch.Misconfigured]; got != 1 {
			r.t.Errorf("counted %d times", got)
		}
		right.Store(true)
		r.Reconfigure(r.settings())
		time.Sleep(100 * time.Millisecond)
		r.wantState(id, outbox.Sent)
		if s := r.Status()[0]; s.Reason != "" || s.LastSuccess.IsZero() {
			r.t.Errorf("status after it: %+v", s)
		}
	})
}

func TestTokenIsRenewedAtOnce(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(n int, _ message.Recipients, _ string) *dingtalk.Error {
			if n <= 5 { // all in flight with the old one
				return answer(dingtalk.RenewToken, "88/40014")
			}
			return nil
		}
		var ids []int64
		for i := range 5 {
			ids = append(ids, r.enqueue(msg(fmt.Sprint(i), "u1"))...)
		}
		r.start()
		time.Sleep(200 * time.Millisecond)
		for _, id := range ids {
			if d := r.wantState(id, outbox.Sent); d.Spent != 0 || len(d.Attempts) != 2 || d.Attempts[0].Outcome != outbox.Rejected {
				r.t.Errorf("attempts: %+v", d.Attempts)
			}
		}
		if len(r.seen.pauses) != 0 {
			r.t.Errorf("paused: %v", r.seen.pauses)
		}
	})
}

func TestThrottleMakesTheAppWaitAsAsked(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(n int, _ message.Recipients, _ string) *dingtalk.Error {
			if n == 1 {
				e := answer(dingtalk.SlowDown, "")
				e.RetryAfter = 5 * time.Minute // shut out
				return e
			}
			return nil
		}
		began := time.Now()
		r.enqueue(msg("m", "u1"))
		r.start()
		r.drain(time.Hour)
		if got := r.far.arrived()[0].at.Sub(began); got < 5*time.Minute || got > 6*time.Minute {
			r.t.Errorf("called again after %v", got)
		}
	})
}

// One message that DingTalk fails on ends dead, and does not hold up the rest.
func TestPoisonAmongHealthy(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(_ int, _ message.Recipients, msg string) *dingtalk.Error {
			if strings.Contains(msg, "poison") {
				return busy()
			}
			return nil
		}
		r.start()
		poison := r.enqueue(msg("poison", "u0"))[0]
		var worst time.Duration
		for i := range 400 {
			before := time.Now()
			id := r.enqueue(msg(fmt.Sprint(i), "u1"))[0]
			time.Sleep(3 * time.Second)
			worst = max(worst, r.wantState(id, outbox.Sent).Updated.Sub(before))
		}
		if worst > 100*time.Millisecond {
			r.t.Errorf("a healthy one waited %v", worst)
		}
		d := r.wantState(poison, outbox.Dead)
		if d.Spent == 0 || !strings.Contains(d.Reason, "-1") {
			r.t.Errorf("spent %d, reason %q", d.Spent, d.Reason)
		}
	})
}

// A message that never gets an answer costs the others a moment, not the day.
func TestSilentPoisonAmongHealthy(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		calls := 0
		r.far.before = func(_ int, _ message.Recipients, msg string) *dingtalk.Error {
			if strings.Contains(msg, "poison") {
				calls++
				return noAnswer()
			}
			return nil
		}
		r.start()
		poison := msg("poison", "u0")
		poison.Priority = outbox.Critical
		id := r.enqueue(poison)[0]
		for i := range 100 {
			healthy := r.enqueue(msg(fmt.Sprint(i), "u1"))[0]
			time.Sleep(5 * time.Second)
			r.wantState(healthy, outbox.Sent)
		}
		if calls > 20 {
			r.t.Errorf("called %d times in 500 s", calls)
		}
		if d := r.wantState(id, outbox.Queued); d.Spent != 0 {
			r.t.Errorf("an unknown outcome spent %d attempts", d.Spent)
		}
		time.Sleep(25 * time.Hour)
		r.wantState(id, outbox.Expired)
		if r.seen.ends[outbox.Expired] != 1 || r.log.count("level=WARN", "expired before it could be sent", "rule=r") != 1 {
			r.t.Errorf("it expired without a word: %v", r.seen.ends)
		}
	})
}

// While an app pauses, the probes are different deliveries: one that always
// fails does not stand before the rest.
func TestMisconfiguredMessageDoesNotBlock(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(_ int, _ message.Recipients, msg string) *dingtalk.Error {
			if strings.Contains(msg, "bad") {
				return answer(dingtalk.Misconfigured, "48002")
			}
			return nil
		}
		bad := msg("bad", "u0")
		bad.Priority = outbox.Critical
		r.enqueue(bad)
		for i := range 10 {
			r.enqueue(msg(fmt.Sprint(i), "u1"))
		}
		r.start()
		time.Sleep(20 * time.Minute)
		if got := len(r.far.arrived()); got != 10 {
			r.t.Errorf("%d of 10 arrived", got)
		}
	})
}

// A lost answer: the same bytes go again, and nobody is rung twice.
func TestLostAnswer(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.after = func(n int, _ message.Recipients, _ string) *dingtalk.Error {
			if n <= 3 {
				return noAnswer()
			}
			return nil
		}
		id := r.enqueue(msg("once", "u1"))[0]
		r.start()
		r.drain(time.Hour)
		all := r.far.arrived()
		if len(all) != 4 {
			r.t.Fatalf("%d arrived", len(all))
		}
		for _, a := range all {
			if a.msg != all[0].msg {
				r.t.Errorf("other bytes: %s, then %s", all[0].msg, a.msg)
			}
		}
		d := r.wantState(id, outbox.Sent)
		if d.Spent != 0 || len(d.Attempts) != 4 || d.Attempts[2].Outcome != outbox.Unknown || r.seen.twice != 0 {
			r.t.Errorf("spent %d, twice %d, attempts %+v", d.Spent, r.seen.twice, d.Attempts)
		}
	})
}

func TestUnknownAfterMidnightIsCounted(t *testing.T) {
	inFakeTime(t, "23:59:59", func(r *rig) {
		r.far.after = func(n int, _ message.Recipients, _ string) *dingtalk.Error {
			if n == 1 {
				e := noAnswer()
				e.RetryAfter = 2 * time.Second
				return e
			}
			return nil
		}
		r.enqueue(msg("once", "u1"))
		r.start()
		r.drain(time.Hour)
		if r.seen.twice != 1 || r.log.count("level=WARN", "ring a second time") != 1 {
			r.t.Errorf("counted %d times", r.seen.twice)
		}
	})
}

// Deliveries of one group arrive in the order in which they were taken, however
// calls fail.
func TestOrderWithinAGroup(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		failures := []*dingtalk.Error{refused(), busy(), answer(dingtalk.SlowDown, "90018"), noAnswer(), answer(dingtalk.RenewToken, "88/40014")}
		r.far.before = func(n int, _ message.Recipients, _ string) *dingtalk.Error {
			if n%3 != 0 {
				e := *failures[n%len(failures)]
				return &e
			}
			return nil
		}
		want := make(map[string][]string)
		for i := range 30 {
			m := msg(fmt.Sprint(i), "u1")
			m.Group = fmt.Sprintf("ops\x00s\x00g%d", i%3)
			want[m.Group] = append(want[m.Group], fmt.Sprint(i))
			r.enqueue(m)
		}
		r.start()
		r.drain(6 * time.Hour)
		got := make(map[string][]string)
		for _, text := range r.far.texts() {
			for group, texts := range want {
				if slices.Contains(texts, text) {
					got[group] = append(got[group], text)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// One unknown person among many: the others have the message, the one is
// refused in words.
func TestBadRecipientIsFound(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(_ int, to message.Recipients, _ string) *dingtalk.Error {
			if slices.Contains(to.Users, "gone") {
				return answer(dingtalk.BadRecipient, "33012")
			}
			return nil
		}
		people := []string{"gone"}
		for i := range 99 {
			people = append(people, fmt.Sprintf("u%d", i))
		}
		r.enqueue(msg("m", people...))
		r.start()
		r.drain(time.Hour)
		reached := 0
		for _, a := range r.far.arrived() {
			reached += len(a.to.Users)
		}
		if reached != 99 {
			r.t.Errorf("reached %d of 99", reached)
		}
		for _, d := range r.all() {
			if bad := slices.Contains(d.To.Users, "gone"); bad != (d.State == outbox.Refused) || bad && !strings.Contains(d.Reason, "33012") {
				r.t.Errorf("%v: %s, %q", d.To.Users, d.State, d.Reason)
			}
		}
		if got := r.far.called(); got > 15 {
			r.t.Errorf("took %d calls", got)
		}
	})
}

func TestRefusals(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(_ int, _ message.Recipients, msg string) *dingtalk.Error {
			if strings.Contains(msg, "long") {
				return answer(dingtalk.GiveUp, "34016")
			}
			return nil
		}
		ids := r.enqueue(msg("long", "u1"), phoned("nobody's number", nil, []string{"13800000003"}))
		r.start()
		r.drain(time.Minute)
		for i, word := range []string{"34016", "no employee has the telephone number"} {
			if d := r.wantState(ids[i], outbox.Refused); !strings.Contains(d.Reason, word) {
				r.t.Errorf("reason %q does not say %q", d.Reason, word)
			}
		}
		if got := r.far.called(); got != 1 {
			r.t.Errorf("%d calls, want that of the first alone", got)
		}
		if got := r.log.count("level=ERROR", "gave up"); got != 2 {
			r.t.Errorf("said %d times", got)
		}
	})
}

// Deliveries expire while their app pauses, and also where it is gone.
func TestExpiry(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.before = func(int, message.Recipients, string) *dingtalk.Error { return answer(dingtalk.Misconfigured, "60020") }
		r.start()
		short := func(text, app string) outbox.Message {
			m := msg(text, "u1")
			m.App, m.Expires = app, time.Now().Add(10*time.Minute)
			return m
		}
		ids := r.enqueue(short("paused", "ops"), short("gone", "nosuch"))
		time.Sleep(9 * time.Minute)
		for _, id := range ids {
			r.wantState(id, outbox.Queued)
		}
		time.Sleep(2 * time.Minute)
		for _, id := range ids {
			r.wantState(id, outbox.Expired)
		}
	})
}
