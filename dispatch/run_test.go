package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/message"
	"workbell/outbox"
)

// What comes is sent in the same instant of fake time: no timer lies between.
func TestNothingWaitsInBetween(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.latency = 0
		r.start()
		for i := range 10 {
			time.Sleep(time.Minute)
			before := time.Now()
			r.enqueue(msg(fmt.Sprint(i), "u1"))
			synctest.Wait()
			if got := len(r.far.arrived()); got != i+1 || !r.far.arrived()[i].at.Equal(before) {
				r.t.Fatalf("message %d did not leave at once", i)
			}
		}
		for _, w := range r.seen.waits {
			if w > time.Millisecond { // the store's clock has milliseconds
				r.t.Errorf("waited %v", w)
			}
		}
	})
}

// Idle, paused or blocked, it does next to nothing.
func TestNoBusyLoop(t *testing.T) {
	const hour = 150 // claims: one each 30 s, with some to spare
	t.Run("idle", func(t *testing.T) {
		inFakeTime(t, "12:00:00", func(r *rig) {
			r.start()
			time.Sleep(time.Hour)
			if got := r.store.claims.Load(); got > hour {
				r.t.Errorf("%d claims", got)
			}
		})
	})
	t.Run("paused", func(t *testing.T) {
		inFakeTime(t, "12:00:00", func(r *rig) {
			r.far.before = func(int, message.Recipients, string) *dingtalk.Error { return answer(dingtalk.Misconfigured, "60020") }
			r.start()
			for i := range 60 {
				r.enqueue(msg(fmt.Sprint(i), "u1"))
				time.Sleep(time.Minute)
			}
			if got := r.store.claims.Load(); got > hour {
				r.t.Errorf("%d claims", got)
			}
		})
	})
	t.Run("waiting for the minute", func(t *testing.T) {
		inFakeTime(t, "12:00:00", func(r *rig) {
			r.limit.RecipientsPerMinute, r.far.limits.perMinute = 1, 1
			for i := range 70 {
				r.enqueue(msg(fmt.Sprint(i), "u1"))
			}
			r.start()
			time.Sleep(time.Hour)
			if got := len(r.far.arrived()); got < 59 {
				r.t.Errorf("%d arrived in an hour of one a minute", got)
			}
			if got := r.store.claims.Load(); got > 60*6 {
				r.t.Errorf("%d claims for 60 deliveries", got)
			}
		})
	})
	t.Run("waiting for tomorrow", func(t *testing.T) {
		inFakeTime(t, "12:00:00", func(r *rig) {
			r.limit.MessagesPerEmployeePerDay = 1
			for i := range 3 {
				r.enqueue(msg(fmt.Sprint(i), "u1"))
			}
			r.start()
			time.Sleep(time.Hour)
			if got := r.store.claims.Load(); got > hour {
				r.t.Errorf("%d claims", got)
			}
		})
	})
	t.Run("store failing", func(t *testing.T) {
		inFakeTime(t, "12:00:00", func(r *rig) {
			r.store.failing.Store(true)
			r.start()
			time.Sleep(time.Hour)
			if got := r.store.claims.Load(); got > 800 {
				r.t.Errorf("%d claims of a store that fails", got)
			}
			if got := r.log.count("level=ERROR"); got != 1 {
				r.t.Errorf("said %d times", got)
			}
			r.store.failing.Store(false)
			r.enqueue(msg("m", "u1"))
			r.drain(time.Minute)
		})
	})
}

// Calls in flight when it stops may end, and what became of them is kept.
func TestShutdownRecordsWhatIsInFlight(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.latency = 4 * time.Second
		var ids []int64
		for i := range 5 {
			ids = append(ids, r.enqueue(msg(fmt.Sprint(i), "u1"))...)
		}
		r.start()
		time.Sleep(time.Second)
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 5*time.Second {
			r.t.Errorf("stopped after %v", took)
		}
		for _, id := range ids {
			r.wantState(id, outbox.Sent)
		}
	})
}

// A call that hangs does not hold up the end for longer than its time-out.
func TestShutdownIsBounded(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.latency = time.Hour
		id := r.enqueue(msg("m", "u1"))[0]
		late := r.enqueue(msg("n", "u1"))[0]
		r.start()
		time.Sleep(time.Second)
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 10*time.Second {
			r.t.Errorf("stopped after %v", took)
		}
		for _, id := range []int64{id, late} {
			if d := r.wantState(id, outbox.Queued); d.Attempts[0].Outcome != outbox.Unknown {
				r.t.Errorf("attempt: %+v", d.Attempts)
			}
		}
	})
}

// What cannot be recorded is tried again until it can: the slot stays taken,
// and the message is not sent a second time.
func TestOutcomeIsRecordedOnceTheStoreWorks(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.latency = 2 * time.Second
		id := r.enqueue(msg("m", "u1"))[0]
		r.start()
		time.Sleep(time.Second)
		r.store.failing.Store(true)
		time.Sleep(10 * time.Second)
		if got := r.Status()[0].InFlight; got != 1 {
			r.t.Errorf("%d slots taken while nothing is recorded", got)
		}
		r.store.failing.Store(false)
		r.drain(10 * time.Second)
		r.wantState(id, outbox.Sent)
		if got := len(r.far.arrived()); got != 1 {
			r.t.Errorf("arrived %d times", got)
		}
	})
}

// What was claimed and could be neither begun nor given back goes as soon as
// there is room again, and does not wait for its lease to run out.
func TestFullDiskHoldsNothingUp(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.store.full.Store(true)
		id := r.enqueue(msg("a", "u1"), msg("b", "u2"))[0]
		r.start()
		time.Sleep(5 * time.Second)
		r.wantState(id, outbox.Queued)
		r.store.full.Store(false)
		r.drain(10 * time.Second)
		if got := len(r.far.arrived()); got != 2 {
			r.t.Errorf("arrived %d times", got)
		}
	})
}

// A clock that is set between Claim and the call, forward by a day, say, does not
// end what was claimed: the store is asked first.
func TestStoreConfirmsExpiry(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.store.wrong.Store(true)
		id := r.enqueue(msg("a", "u1"))[0]
		r.start()
		r.drain(10 * time.Second)
		r.wantState(id, outbox.Sent)
	})
}

func TestSlotsAreBounded(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.limit.CallsPerSecond, r.far.limits.perSecond = 1000, 1000
		r.far.latency = 5 * time.Second
		for i := range 100 {
			r.enqueue(msg(fmt.Sprint(i), "u1"))
		}
		r.start()
		r.drain(time.Minute)
		if r.far.most != dispatch.Slots {
			r.t.Errorf("%d calls in flight, want %d", r.far.most, dispatch.Slots)
		}
	})
}

// Apps and limits are exchanged while it runs; one app's pause is its own.
func TestReconfigure(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.start()
		other := newFar(r.t)
		m := msg("other", "u1")
		m.App = "other"
		id := r.enqueue(m)[0]
		time.Sleep(time.Minute)
		r.wantState(id, outbox.Queued)
		both := r.settings()
		both.Apps = append(both.Apps, dispatch.App{Name: "other", Client: other})
		r.Reconfigure(both)
		time.Sleep(100 * time.Millisecond)
		r.wantState(id, outbox.Sent)

		r.Reconfigure(dispatch.Settings{Apps: both.Apps[1:], Zone: china})
		left := r.enqueue(msg("ops", "u1"))[0]
		time.Sleep(time.Minute)
		r.wantState(left, outbox.Queued)
		var names []string
		for _, s := range r.Status() {
			names = append(names, s.App)
		}
		if diff := cmp.Diff([]string{"other"}, names); diff != "" {
			r.t.Errorf("apps (-want +got):\n%s", diff)
		}
		r.Reconfigure(both)
		time.Sleep(100 * time.Millisecond)
		r.wantState(left, outbox.Sent)
	})
}

// An app that goes while a call of it is in flight: the call is judged by what
// held when it began.
func TestAppGoesDuringACall(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.latency = 4 * time.Second
		r.far.before = func(int, message.Recipients, string) *dingtalk.Error { return answer(dingtalk.QuotaUsedUp, "90020") }
		id := r.enqueue(msg("m", "u1"))[0]
		r.start()
		time.Sleep(time.Second)
		r.Reconfigure(dispatch.Settings{Zone: china})
		time.Sleep(time.Minute)
		if d := r.wantState(id, outbox.Queued); len(d.Attempts) != 1 || d.Attempts[0].Outcome != outbox.Rejected {
			r.t.Errorf("attempts: %+v", d.Attempts)
		}
		r.Reconfigure(r.settings())
	})
}

// A store that is closed under it ends it, with the reason.
func TestClosedStoreEndsRun(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		d := dispatch.New(dispatch.Options{Settings: r.settings(), Store: r.store})
		done := make(chan error, 1)
		go func() { done <- d.Run(context.WithoutCancel(r.t.Context())) }()
		synctest.Wait()
		r.close()
		if err := <-done; !errors.Is(err, outbox.ErrClosed) {
			r.t.Errorf("Run = %v", err)
		}
		r.open()
	})
}
