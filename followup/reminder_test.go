package followup_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Who has read a reminder knows: what went before it is not passed on. Who had
// read what went before is asked anew.
func TestEscalationSeesReminders(t *testing.T) {
	for name, c := range map[string]struct {
		all, first bool     // unless: all_read; the first is read by u1
		reminder   []string // who reads the reminder
		want       [][]string
	}{
		"nobody":              {false, false, nil, [][]string{{"u1", "u2"}, {"u1", "u2"}}},
		"one of the reminder": {false, false, []string{"u2"}, nil},
		"the first alone":     {false, true, nil, [][]string{{"u1", "u2"}}},
		"each one of them":    {true, true, []string{"u2"}, [][]string{{"u1"}}},
		"not all of either":   {true, true, nil, [][]string{{"u2"}, {"u1", "u2"}}},
		"all of the reminder": {true, false, []string{"u1", "u2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(c.all)
				r.rules.steps = r.rules.steps[:1]
				first := r.enqueue(paged("down", "u1", "u2"))[0]
				time.Sleep(5 * time.Minute)
				reminder := r.enqueue(paged("down still", "u1", "u2"))[0]
				time.Sleep(time.Minute)
				if c.first {
					r.read("u1", first)
				}
				for _, u := range c.reminder {
					r.read(u, reminder)
				}
				time.Sleep(time.Hour)
				if diff := cmp.Diff(c.want, r.rules.named()); diff != "" {
					r.t.Errorf("named (-want +got):\n%s", diff)
				}
				if n := r.calls("getsendresult"); n > 5 { // of each a minute after it was sent, by its step, and of the reminder by the first's
					r.t.Errorf("asked %d times", n)
				}
			})
		})
	}
}
