package dispatch

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-22 12:00:00")
	due := now.Add(-time.Minute)
	tried := []outbox.Attempt{{Number: 1, Began: now.Add(-30 * time.Second), Outcome: outbox.Rejected}}
	type outcome struct {
		State  outbox.State
		Due    time.Time
		Spend  bool
		Parts  int
		Result outbox.Outcome
		Reason Reason
		Pause  time.Duration
	}
	for name, c := range map[string]struct {
		err     *dingtalk.Error
		to      message.Recipients
		before  []outbox.Attempt
		success time.Duration // ago; 0: never
		spent   int
		want    outcome
	}{
		"accepted": {want: outcome{State: outbox.Sent, Result: outbox.Accepted}},
		"token": {err: &dingtalk.Error{Action: dingtalk.RenewToken, Outcome: dingtalk.Rejected},
			want: outcome{State: outbox.Queued, Due: due, Result: outbox.Rejected}},
		"throttled": {err: &dingtalk.Error{Action: dingtalk.SlowDown, Outcome: dingtalk.Rejected, RetryAfter: time.Second},
			want: outcome{State: outbox.Queued, Due: due, Result: outbox.Rejected, Reason: Throttled, Pause: 2 * time.Second}},
		"misconfigured": {err: &dingtalk.Error{Action: dingtalk.Misconfigured, Outcome: dingtalk.Rejected},
			want: outcome{State: outbox.Queued, Due: due, Result: outbox.Rejected, Reason: Misconfigured, Pause: 30 * time.Second}},
		"month used up": {err: &dingtalk.Error{Action: dingtalk.QuotaUsedUp, Outcome: dingtalk.Rejected},
			want: outcome{State: outbox.Queued, Due: due, Result: outbox.Rejected, Reason: QuotaUsedUp, Pause: time.Minute}},
		"never reached": {err: &dingtalk.Error{Action: dingtalk.Unavailable, Outcome: dingtalk.Unsent},
			want: outcome{State: outbox.Queued, Due: due, Result: outbox.Unsent, Reason: Outage, Pause: time.Second}},
		"no answer": {err: &dingtalk.Error{Action: dingtalk.Unavailable, Outcome: dingtalk.Unknown},
			want: outcome{State: outbox.Queued, Due: due, Result: outbox.Unknown, Reason: Outage, Pause: time.Second}},
		"no answer again, though others got one": {err: &dingtalk.Error{Action: dingtalk.Unavailable, Outcome: dingtalk.Unknown},
			before: tried, success: 10 * time.Second,
			want: outcome{State: outbox.Queued, Due: now.Add(4 * time.Second), Result: outbox.Unknown}},
		"busy, the first time": {err: &dingtalk.Error{Action: dingtalk.Retry, Outcome: dingtalk.Unknown}, success: 10 * time.Second,
			want: outcome{State: outbox.Queued, Due: now.Add(2 * time.Second), Result: outbox.Unknown}},
		"busy again, and for others too": {err: &dingtalk.Error{Action: dingtalk.Retry, Outcome: dingtalk.Unknown}, before: tried, success: time.Minute,
			want: outcome{State: outbox.Queued, Due: now.Add(4 * time.Second), Result: outbox.Unknown}},
		"busy again, though not for others": {err: &dingtalk.Error{Action: dingtalk.Retry, Outcome: dingtalk.Unknown}, before: tried, success: 10 * time.Second,
			want: outcome{State: outbox.Queued, Due: now.Add(4 * time.Second), Spend: true, Result: outbox.Unknown}},
		"the last attempt": {err: &dingtalk.Error{Action: dingtalk.Retry, Outcome: dingtalk.Rejected}, before: tried, success: 10 * time.Second, spent: maxSpent - 1,
			want: outcome{State: outbox.Dead, Spend: true, Result: outbox.Rejected}},
		"asked to wait": {err: &dingtalk.Error{Action: dingtalk.Retry, Outcome: dingtalk.Rejected, RetryAfter: time.Minute},
			want: outcome{State: outbox.Queued, Due: now.Add(time.Minute), Result: outbox.Rejected}},
		"one of two unknown": {err: &dingtalk.Error{Action: dingtalk.BadRecipient, Outcome: dingtalk.Rejected}, to: users("u1", "u2"),
			want: outcome{State: outbox.Queued, Due: due, Parts: 2, Result: outbox.Rejected}},
		"the only one unknown": {err: &dingtalk.Error{Action: dingtalk.BadRecipient, Outcome: dingtalk.Rejected},
			want: outcome{State: outbox.Refused, Result: outbox.Rejected}},
		"refused": {err: &dingtalk.Error{Action: dingtalk.GiveUp, Outcome: dingtalk.Rejected},
			want: outcome{State: outbox.Refused, Result: outbox.Rejected}},
		"everyone has had enough today": {err: &dingtalk.Error{Action: dingtalk.Tomorrow, Outcome: dingtalk.Rejected}, to: message.Recipients{Everyone: true},
			want: outcome{State: outbox.Queued, Due: at(t, "2026-11-23 00:00:05"), Parts: 1, Result: outbox.Rejected}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := c.to
			if to.Empty() {
				to = users("u1")
			}
			h := &health{}
			if c.success > 0 {
				h.success = now.Add(-c.success)
			}
			d := outbox.Delivery{ID: 1, To: to, Due: due, Expires: now.Add(24 * time.Hour), Spent: c.spent, Tries: len(c.before)}
			v := testAllowance().judge(h, call{delivery: d, before: c.before, began: now, ended: now, err: c.err}, 1)
			got := outcome{State: v.update.State, Due: v.update.Due, Spend: v.update.Spend, Parts: len(v.update.Split),
				Result: v.update.Attempt.Outcome, Reason: h.reason, Pause: max(0, h.until.Sub(now))}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("judged (-want +got):\n%s", diff)
			}
			if v.paused != (c.want.Reason != "") {
				t.Errorf("says that the app pauses: %v", v.paused)
			}
			if c.err != nil && v.update.Reason == "" {
				t.Error("no reason in words")
			}
		})
	}
}

// In an outage that fails every call with an answer, nothing is spent, however
// often each was tried and though others succeeded before.
func TestAnOutageThatAnswersSpendsNothing(t *testing.T) {
	t.Parallel()
	a, h, now := testAllowance(), &health{}, at(t, "2026-11-22 12:00:00")
	h.success = now.Add(-time.Millisecond)
	busy := &dingtalk.Error{Action: dingtalk.Retry, Outcome: dingtalk.Unknown, Code: "-1"}
	tries := make(map[int64][]outbox.Attempt)
	for i := range int64(300) {
		id := i % 30
		d := outbox.Delivery{ID: id, To: users("u1"), Due: now, Tries: len(tries[id])}
		v := a.judge(h, call{delivery: d, before: tries[id], began: now, ended: now, err: busy}, 0.5)
		if v.update.Spend || v.update.State != outbox.Queued {
			t.Fatalf("try %d of delivery %d: spent %v, %s", len(tries[id])+1, id, v.update.Spend, v.update.State)
		}
		tries[id] = append(tries[id], outbox.Attempt{Began: now})
		now = now.Add(time.Second)
	}
	if h.reason != Outage {
		t.Errorf("the app does not pause: %q", h.reason)
	}
}

func TestAnErrorOfAnotherTypeIsUnknown(t *testing.T) {
	t.Parallel()
	got := asError(errors.New("boom"))
	if got.Action != dingtalk.Unavailable || got.Outcome != dingtalk.Unknown {
		t.Errorf("judged as %s, %s", got.Action, got.Outcome)
	}
}

func TestRingsTwice(t *testing.T) {
	t.Parallel()
	late, early := at(t, "2026-11-22 23:59:59"), at(t, "2026-11-23 00:00:01")
	for name, c := range map[string]struct {
		outcome outbox.Outcome
		now     time.Time
		want    bool
	}{
		"unknown, the next day":  {outbox.Unknown, early, true},
		"lost, the next day":     {outbox.Begun, early, true},
		"unknown, the same day":  {outbox.Unknown, late, false},
		"rejected, the next day": {outbox.Rejected, early, false},
		"unsent, the next day":   {outbox.Unsent, early, false},
	} {
		before := []outbox.Attempt{{Began: late.UTC(), Outcome: c.outcome}}
		if got := testAllowance().ringsTwice(before, c.now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
