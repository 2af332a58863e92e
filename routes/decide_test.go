package routes

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/outbox"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// old is a delivery taken two hours ago, worth sending for six hours.
func old(state outbox.State) outbox.Delivery {
	return outbox.Delivery{
		ID: 7, Event: 3, Rule: "rule", App: "ops", Msgtype: "text", Priority: 1, Group: "g", State: state,
		Body:   []byte(`{"msgtype":"text","text":{"content":"Disk full #2 · 14:32"}}`),
		To:     message.Recipients{Users: []string{"u1", "u2", "u3"}},
		Repeat: outbox.Suppress, OnResolve: "status_bar", Track: "read",
		Created: noon.Add(-2 * time.Hour), Expires: noon.Add(4 * time.Hour),
	}
}

// Sending again makes a message of the same event, for as long as the first was
// worth it, out of its group, without the mark of another time.
func TestResendMakes(t *testing.T) {
	t.Parallel()
	got, err := resending(old(outbox.Sent), Order{By: "alice"}, 2, noon)
	if err != nil {
		t.Fatal(err)
	}
	want := outbox.Amendment{
		Delivery: 7, From: []outbox.State{outbox.Sent}, Note: "resent by alice",
		Messages: []outbox.Message{{
			Rule: "rule", App: "ops", Msgtype: "text", Priority: 1, Cause: "resend",
			Body:   []byte(`{"msgtype":"text","text":{"content":"Disk full"}}`),
			Calls:  []message.Recipients{{Users: []string{"u1", "u2"}}, {Users: []string{"u3"}}},
			Repeat: outbox.Distinct, OnResolve: "status_bar", Track: "read", Expires: noon.Add(6 * time.Hour),
		}},
	}
	if d := cmp.Diff(want, got.Amendment); d != "" || got.status != 202 || got.done != "sent again to 3 users" {
		t.Errorf("%d %q (-want +got):\n%s", got.status, got.done, d)
	}
}

func TestResendRevives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		created, expires, want time.Time
	}{
		{noon.Add(-48 * time.Hour), noon.Add(-24 * time.Hour), noon.Add(24 * time.Hour)},
		{noon.Add(-2 * time.Hour), noon.Add(-2*time.Hour + time.Minute), noon.Add(time.Hour)},
		{noon.Add(-2 * time.Hour), time.Time{}, time.Time{}},
	} {
		for _, state := range []outbox.State{outbox.Dead, outbox.Refused, outbox.Expired} {
			d := old(state)
			d.Created, d.Expires = c.created, c.expires
			got, err := resending(d, Order{}, 0, noon)
			if err != nil {
				t.Fatal(err)
			}
			want := outbox.Amendment{Delivery: 7, From: []outbox.State{state}, State: outbox.Queued, Expires: c.want, Note: "resent"}
			if d := cmp.Diff(want, got.Amendment); d != "" {
				t.Errorf("%s, expires %v (-want +got):\n%s", state, c.expires, d)
			}
		}
	}
}

func TestResendTo(t *testing.T) {
	t.Parallel()
	some := []outbox.Receipt{{User: "u1", Fate: outbox.FateRead}, {User: "u2", Fate: outbox.FateForbidden}, {User: "u4", Fate: outbox.FateDelivered}}
	none := []outbox.Receipt{{User: "u1", Fate: outbox.FateInvalid}, {User: "u2", Fate: outbox.FateFailed}, {User: "u3", Fate: outbox.FateUnknown}}
	users := message.Recipients{Users: []string{"u1", "u2", "u3"}}
	dept := message.Recipients{Depts: []message.Dept{{ID: 5, Size: 9}}}
	everyone := message.Recipients{Everyone: true}
	for name, c := range map[string]struct {
		state    outbox.State
		to       message.Recipients
		receipts []outbox.Receipt
		order    []string
		want     message.Recipients
		says     string // of the refusal
	}{
		"sent: all":                          {outbox.Sent, users, nil, nil, users, ""},
		"delivered: all":                     {outbox.Delivered, users, some, nil, users, ""},
		"suppressed: all":                    {outbox.Suppressed, dept, nil, nil, dept, ""},
		"superseded: all":                    {outbox.Superseded, everyone, nil, nil, everyone, ""},
		"recalled: all":                      {outbox.Recalled, users, some, nil, users, ""},
		"partial: who lacks it":              {outbox.Partial, users, some, nil, message.Recipients{Users: []string{"u2", "u3"}}, ""},
		"partial, a department: known names": {outbox.Partial, dept, some, nil, message.Recipients{Users: []string{"u2"}}, ""},
		"partial, nobody lacks it":           {outbox.Partial, users, append(some[:1:1], outbox.Receipt{User: "u2", Fate: outbox.FateRead}, outbox.Receipt{User: "u3", Fate: outbox.FateRead}), nil, users, "have it"},
		"failed: all":                        {outbox.Failed, users, none, nil, users, ""},
		"failed, a department: all of it":    {outbox.Failed, dept, none, nil, dept, ""},
		"to one":                             {outbox.Sent, users, nil, []string{"u2"}, message.Recipients{Users: []string{"u2"}}, ""},
		"to one, twice":                      {outbox.Sent, users, nil, []string{"u2", "u2"}, message.Recipients{Users: []string{"u2"}}, ""},
		"to one of a department":             {outbox.Delivered, dept, some, []string{"u4"}, message.Recipients{Users: []string{"u4"}}, ""},
		"dead, to one: a new one":            {outbox.Dead, users, nil, []string{"u3"}, message.Recipients{Users: []string{"u3"}}, ""},
		"to a stranger":                      {outbox.Sent, users, nil, []string{"u9"}, users, `"u9" is none of those to whom it can be sent again (u1, u2, u3)`},
		"partial, to one who has it":         {outbox.Partial, users, some, []string{"u1"}, users, `"u1" is none`},
		"a department, to one unknown":       {outbox.Sent, dept, nil, []string{"u1"}, users, "no names are known"},
		"queued":                             {outbox.Queued, users, nil, nil, users, "it is queued, and sent as soon as it can be (throttled)"},
	} {
		d := old(c.state)
		d.To, d.Receipts, d.Reason = c.to, c.receipts, "throttled"
		got, err := resending(d, Order{To: c.order}, 0, noon)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: got error %v, want %s", name, err, c.says)
			}
			continue
		}
		if err != nil || len(got.Messages) != 1 {
			t.Errorf("%s: %v, %+v", name, err, got)
			continue
		}
		if d := cmp.Diff([]message.Recipients{c.want}, got.Messages[0].Calls); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// A message that cannot be marked is sent all the same, and it is said who sees it.
func TestResendWithoutText(t *testing.T) {
	t.Parallel()
	d := old(outbox.Sent)
	d.Msgtype, d.Body = "image", []byte(`{"msgtype":"image","image":{"media_id":"@x"}}`)
	got, err := resending(d, Order{}, 0, noon)
	if err != nil || !strings.Contains(got.done, "who have not had it today") {
		t.Errorf("%v, %q", err, got.done)
	}
}

func TestRecalling(t *testing.T) {
	t.Parallel()
	attempt := func(o outbox.Outcome, ago time.Duration) []outbox.Attempt {
		return []outbox.Attempt{{Number: 1, Outcome: outbox.Unsent, Began: noon.Add(-ago)}, {Number: 2, Outcome: o, Began: noon.Add(-ago)}}
	}
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		state    outbox.State
		attempts []outbox.Attempt
		task     int64
		status   int
		says     string
	}{
		"queued":                    {outbox.Queued, nil, 0, 200, "recalled before it was sent"},
		"queued after a rejection":  {outbox.Queued, attempt(outbox.Rejected, time.Minute), 0, 200, "recalled before it was sent"},
		"queued, in flight":         {outbox.Queued, attempt(outbox.Begun, time.Second), 0, 202, "once that is known"},
		"queued, maybe sent":        {outbox.Queued, attempt(outbox.Unknown, time.Minute), 0, 202, "once that is known"},
		"sent":                      {outbox.Sent, attempt(outbox.Accepted, time.Minute), 9, 202, "DingTalk is asked"},
		"delivered":                 {outbox.Delivered, attempt(outbox.Accepted, day-time.Second), 9, 202, "DingTalk is asked"},
		"partial":                   {outbox.Partial, attempt(outbox.Accepted, time.Hour), 9, 202, "DingTalk is asked"},
		"failed":                    {outbox.Failed, attempt(outbox.Accepted, time.Hour), 9, 202, "DingTalk is asked"},
		"too old":                   {outbox.Delivered, attempt(outbox.Accepted, day), 9, 409, "sent 24 hours ago"},
		"delivered, its task lost":  {outbox.Delivered, attempt(outbox.Rejected, time.Hour), 0, 409, "was lost on the way"},
		"recalled":                  {outbox.Recalled, attempt(outbox.Accepted, day), 9, 200, "already"},
		"suppressed: nothing there": {outbox.Suppressed, nil, 0, 409, "it is suppressed"},
		"superseded: nothing there": {outbox.Superseded, nil, 0, 409, "it is superseded"},
		"expired: nothing there":    {outbox.Expired, nil, 0, 409, "it is expired"},
		"refused: nothing there":    {outbox.Refused, nil, 0, 409, "it is refused"},
		"dead: nothing there":       {outbox.Dead, nil, 0, 409, "it is dead"},
	} {
		d := old(c.state)
		d.Attempts, d.TaskID = c.attempts, c.task
		got, err := recalling(d, Order{By: "alice"}, noon)
		status, says := got.status, got.done
		if p, ok := errors.AsType[*problem](err); ok {
			status, says = p.Status, p.Detail
		}
		if status != c.status || !strings.Contains(says, c.says) {
			t.Errorf("%s: %d %s; want %d %s", name, status, says, c.status, c.says)
		}
	}
}
