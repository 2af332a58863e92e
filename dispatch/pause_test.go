package dispatch

import (
	"testing"
	"time"

	"workbell/outbox"
)

// begun is a failure of a call for delivery id that began then.
func begun(r Reason, id int64, then time.Time) failure {
	return failure{reason: r, delivery: id, began: then}
}

func TestPausesGrowAndEnd(t *testing.T) {
	t.Parallel()
	for reason, want := range map[Reason][]time.Duration{ // with the most jitter
		Throttled:     {2 * time.Second, 4 * time.Second, 8 * time.Second},
		Outage:        {time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second},
		Misconfigured: {30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute},
		QuotaUsedUp:   {time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour},
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			var h health
			now := at(t, "2026-11-22 12:00:00")
			for i, d := range want {
				changed := h.pause(begun(reason, 1, now), now, 1)
				if changed != (i == 0) {
					t.Errorf("pause %d: changed = %v", i, changed)
				}
				if got := h.until.Sub(now); got != d {
					t.Errorf("pause %d lasts %v, want %v", i, got, d)
				}
				if h.room(now, Slots, 0) != 0 || h.room(h.until, Slots, 0) != 1 || h.room(h.until, Slots, 1) != 0 {
					t.Errorf("pause %d: not one probe after it", i)
				}
				now = h.until
			}
			if !h.succeeded(now, now) || h.room(now, Slots, 3) != Slots-3 {
				t.Error("a probe that succeeds does not end the pause")
			}
			h.pause(begun(reason, 1, now), now, 1)
			if got := h.until.Sub(now); got != want[0] {
				t.Errorf("after a success a pause lasts %v, want %v", got, want[0])
			}
		})
	}
}

func TestThrottleWaitsASecondAtLeast(t *testing.T) {
	t.Parallel()
	var h health
	now := at(t, "2026-11-22 12:00:00")
	h.pause(begun(Throttled, 1, now), now, 0)
	if got := h.until.Sub(now); got < time.Second {
		t.Errorf("the shortest pause lasts %v", got)
	}
}

func TestPauseHeedsWhatDingTalkAsksFor(t *testing.T) {
	t.Parallel()
	var h health
	now := at(t, "2026-11-22 12:00:00")
	f := begun(Throttled, 1, now)
	f.atLeast = 5 * time.Minute
	h.pause(f, now, 0)
	if got := h.until.Sub(now); got != 5*time.Minute {
		t.Errorf("shut out for 5m, paused for %v", got)
	}
}

func TestQuotaPauseEndsWithTheMonth(t *testing.T) {
	t.Parallel()
	var h health
	now := at(t, "2026-11-30 23:50:00")
	f := begun(QuotaUsedUp, 1, now)
	f.latest, f.atLeast = at(t, "2026-12-01 00:01:00"), 15*time.Minute
	h.pause(f, now, 0)
	if !h.until.Equal(f.latest) {
		t.Errorf("paused until %v, past the month's end", h.until)
	}
}

// Calls that were in flight when the pause began say nothing new, be it failure
// or success; but one that DingTalk answers ends what looked like an outage.
func TestCallsFromBeforeThePauseAreNoNews(t *testing.T) {
	t.Parallel()
	var h health
	began := at(t, "2026-11-22 12:00:00")
	now := began.Add(time.Second)
	h.pause(begun(Outage, 1, began), now, 1)
	until := h.until
	for i := range int64(20) {
		if h.pause(begun(Outage, i, began), now.Add(time.Millisecond), 1) {
			t.Fatal("an old failure changed the state")
		}
	}
	if !h.until.Equal(until) || h.round != 1 {
		t.Errorf("old failures made the pause grow: %v, round %d", h.until.Sub(now), h.round)
	}
	if !h.succeeded(began, now.Add(time.Millisecond)) || h.reason != "" {
		t.Error("DingTalk answers, and yet it counts as an outage")
	}
	h.pause(begun(Throttled, 1, now), now, 1)
	if h.succeeded(began, now.Add(time.Millisecond)) || h.reason == "" {
		t.Error("an old success ended the pause")
	}
	longer := begun(Throttled, 1, began)
	longer.atLeast = time.Minute
	h.pause(longer, now, 1)
	if got := h.until.Sub(now); got != time.Minute {
		t.Errorf("an old answer asked for a minute; paused for %v", got)
	}
}

func TestTokenRefusedTwice(t *testing.T) {
	t.Parallel()
	var h health
	t0 := at(t, "2026-11-22 12:00:00")
	sec := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Second) }
	for i := range 3 { // all in flight with the old token
		if h.token(sec(0), sec(1+i)) {
			t.Fatal("an old token refused again counts as the new one")
		}
	}
	if !h.token(sec(4), sec(5)) {
		t.Error("the new token was refused too, and that was not seen")
	}
	h.succeeded(sec(6), sec(7))
	if h.token(sec(8), sec(9)) {
		t.Error("after a success the first refusal counts as the second")
	}
}

func TestProbesTakeTurns(t *testing.T) {
	t.Parallel()
	var h health
	now := at(t, "2026-11-22 12:00:00")
	h.pause(begun(Outage, 1, now), now, 1)
	queue := []outbox.Delivery{{ID: 1}, {ID: 2}, {ID: 3}}
	var got []int64
	for range 5 {
		got = append(got, queue[h.probe(queue)].ID)
	}
	for i, want := range []int64{2, 3, 1, 2, 3} {
		if got[i] != want {
			t.Fatalf("probed %v, want 2 3 1 2 3", got)
		}
	}
	if i := h.probe(queue[:1]); i != 0 {
		t.Errorf("alone, it is probe %d", i)
	}
}

func TestSeveralFailuresInARowAreAnOutage(t *testing.T) {
	t.Parallel()
	var h health
	now := at(t, "2026-11-22 12:00:00")
	for range 10 {
		if h.failed(7) {
			t.Fatal("one delivery alone is no outage")
		}
	}
	h.failed(8)
	if !h.failed(9) {
		t.Error("three are")
	}
	h.succeeded(now, now)
	if h.failed(10) {
		t.Error("a success between did not count")
	}
}
