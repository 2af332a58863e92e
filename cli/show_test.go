package cli

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/outbox"
	"workbell/routes"
)

func TestTimeline(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CST", 8*3600)
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 4, minute, 0, 0, time.UTC) }
	child := routes.Child{Ref: routes.Ref{ID: 12, Rule: "critical", State: outbox.Queued}, Cause: "escalation 1", Created: at(30)}
	full := routes.Delivery{
		Delivery: outbox.Delivery{
			ID: 7, Event: 3, Rule: "critical", App: "ops", Msgtype: "oa", State: outbox.Partial, TaskID: 77, Created: at(0), Of: 5, Cause: "resend",
			To: message.Recipients{Users: []string{"u1", "u2"}, Depts: []message.Dept{{ID: 9}}}, Resolved: at(40), Acked: at(35),
			Attempts: []outbox.Attempt{
				{Number: 1, Began: at(1), Ended: at(2), Outcome: outbox.Rejected, Code: "90018"},
				{Number: 2, Began: at(3), Ended: at(4), Outcome: outbox.Unknown, Error: "sending: timeout"},
				{Number: 3, Began: at(5), Ended: at(6), Outcome: outbox.Accepted, TaskID: 77},
			},
			Receipts: []outbox.Receipt{
				{User: "u1", Fate: outbox.FateRead, At: at(20)},
				{User: "u2", Fate: outbox.FateForbidden, Code: "143105", Words: "daily cap; sent again tomorrow", At: at(20)},
				{User: "u3", Fate: outbox.FateForbidden, Code: "143106", At: at(20)},
			},
			Notes:     []outbox.Note{{At: at(35), Text: "acknowledged by alice"}},
			Followups: []outbox.Followup{{Kind: outbox.FollowStatusBar, Due: at(50), Tries: 2}, {Kind: outbox.FollowResult, Due: at(59)}},
		},
		Facts:    routes.Facts{Source: "am", Title: "Disk full", Status: "firing", Received: at(0)},
		Children: []routes.Child{child},
		Why:      "to u2, whom it did not reach, it goes again as delivery 13: queued",
	}
	want := lines(`
delivery 7, partial
  title    Disk full
  why      to u2, whom it did not reach, it goes again as delivery 13: queued
  rule     critical, as oa by app ops
  to       user:u1, user:u2, dept:9
  of       delivery 5 (resend)
  task     77
  acked    2026-11-22 12:35:00
  times    CST (UTC+08:00)

2026-11-22 12:00:00  45m ago   event 3 received from am, firing
2026-11-22 12:00:00  45m ago   taken for rule critical
2026-11-22 12:02:00  43m ago   attempt 1: rejected by DingTalk: 90018 more calls a second than this app may make to this API
2026-11-22 12:04:00  41m ago   attempt 2: no answer, it may have been taken: sending: timeout
2026-11-22 12:06:00  39m ago   attempt 3: accepted by DingTalk, task 77
2026-11-22 12:20:00  25m ago   u1: read
2026-11-22 12:20:00  25m ago   u2: forbidden, 143105 daily cap; sent again tomorrow
2026-11-22 12:20:00  25m ago   u3: forbidden, 143106 the employee has already received the same content today
2026-11-22 12:30:00  15m ago   delivery 12 stems from it (escalation 1), queued
2026-11-22 12:35:00  10m ago   acknowledged by alice
2026-11-22 12:40:00  5m ago    resolved by a later event
2026-11-22 12:50:00  in 5m     to do: turn its status bar to resolved (tried 2 times)
2026-11-22 12:59:00  in 14m    to do: ask DingTalk what became of the recipients`)
	if d := cmp.Diff(want, slices.Concat(heading(full, zone), timeline(full, at(45), zone))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}

	queued := routes.Delivery{Delivery: outbox.Delivery{
		ID: 8, Event: 4, Rule: "critical", App: "ops", Msgtype: "text", State: outbox.Queued, Reason: "throttled", Created: at(0), Due: at(1), Expires: at(59),
		To:       message.Recipients{Everyone: true},
		Attempts: []outbox.Attempt{{Number: 1, Began: at(44), Outcome: outbox.Begun}},
	}}
	want = lines(`
delivery 8, queued: throttled
  rule     critical, as text by app ops
  to       everyone
  times    CST (UTC+08:00)

2026-11-22 12:00:00  45m ago   taken for rule critical
2026-11-22 12:44:00  1m ago    attempt 1: in flight
2026-11-22 12:45:00  0s ago    to do: send it
2026-11-22 12:59:00  in 14m    not worth sending any more`)
	if d := cmp.Diff(want, slices.Concat(heading(queued, zone), timeline(queued, at(45), zone))); d != "" {
		t.Errorf("queued (-want +got):\n%s", d)
	}
}
