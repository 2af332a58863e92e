package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/outbox"
)

func users(ids ...string) message.Recipients { return message.Recipients{Users: ids} }

func TestHalves(t *testing.T) {
	t.Parallel()
	depts := []message.Dept{{ID: 1}, {ID: 2}}
	for name, c := range map[string]struct {
		to   message.Recipients
		want []message.Recipients
	}{
		"one user":         {users("u1"), nil},
		"one department":   {message.Recipients{Depts: depts[:1]}, nil},
		"everyone":         {message.Recipients{Everyone: true}, nil},
		"three users":      {users("u1", "u2", "u3"), []message.Recipients{users("u1"), users("u2", "u3")}},
		"departments":      {message.Recipients{Depts: depts}, []message.Recipients{{Depts: depts[:1]}, {Depts: depts[1:]}}},
		"a user and those": {message.Recipients{Users: []string{"u1"}, Depts: depts}, []message.Recipients{users("u1"), {Depts: depts}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, recipients(halves(c.to))); diff != "" {
				t.Errorf("halves (-want +got):\n%s", diff)
			}
		})
	}
}

func recipients(parts []outbox.Part) []message.Recipients {
	var all []message.Recipients
	for _, p := range parts {
		all = append(all, p.To)
	}
	return all
}

func TestSmall(t *testing.T) {
	t.Parallel()
	if got := small(users("u1", "u2"), 2); got != nil {
		t.Errorf("what fits is parted: %v", got)
	}
	if got := small(message.Recipients{Depts: []message.Dept{{ID: 1, Size: 9}}}, 2); got != nil {
		t.Errorf("one department cannot be parted: %v", got)
	}
	want := []message.Recipients{users("u1", "u2"), users("u3")}
	if diff := cmp.Diff(want, recipients(small(users("u1", "u2", "u3"), 2))); diff != "" {
		t.Errorf("small (-want +got):\n%s", diff)
	}
}

func TestSetAside(t *testing.T) {
	t.Parallel()
	a, now := testAllowance(), at(t, "2026-11-22 12:00:00")
	tomorrow := at(t, "2026-11-23 00:00:05")
	u1, u2 := UserKey("ops", "u1", "2026-11-22"), UserKey("ops", "u2", "2026-11-22")
	full := "u1, u2: sent all the messages that DingTalk allows an employee a day"
	for name, c := range map[string]struct {
		expires time.Duration
		over    []string
		want    *outbox.Update
	}{
		"only the app's limits": {24 * time.Hour, []string{RecipientsKey("ops"), outbox.CallsKey("ops", Method)}, nil},
		"some": {24 * time.Hour, []string{u1, RecipientsKey("ops")}, &outbox.Update{State: outbox.Queued, Due: now, Split: []outbox.Part{
			{To: users("u2"), Due: now}, {To: users("u1"), Due: now, Aside: true}}}},
		"all": {24 * time.Hour, []string{u1, u2}, &outbox.Update{State: outbox.Queued, Due: tomorrow, Reason: full,
			Split: []outbox.Part{{To: users("u1", "u2"), Due: tomorrow, Aside: true}}}},
		"all, and it expires before": {time.Hour, []string{u1, u2}, &outbox.Update{State: outbox.Refused,
			Reason: full + "; it expires before DingTalk's next day begins"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := outbox.Delivery{To: users("u1", "u2"), Due: now, Expires: now.Add(c.expires)}
			got, ok := setAside(d, a.needs(d.To, now, nil), c.over)
			if ok != (c.want != nil) {
				t.Fatalf("set aside: %v", ok)
			}
			if c.want == nil {
				return
			}
			if diff := cmp.Diff(*c.want, got); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if got, want := names([]string{"a", "b", "c", "d", "e", "f", "g"}), "a, b, c, d, e and 2 more"; got != want {
		t.Errorf("names = %q, want %q", got, want)
	}
}
