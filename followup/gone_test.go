package followup_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"workbell/followup"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// TestAppsThatAreGone: what was to be followed up for an app that rules.yaml lacks
// since a reload, or a start, is given up with a word, and holds back nothing.
func TestAppsThatAreGone(t *testing.T) {
	other := followup.Settings{Apps: []followup.App{{Name: "other"}}, Zone: china}
	for name, leave := range map[string]func(*rig){
		"reload": func(r *rig) { r.follower.Reconfigure(other) },
		"start": func(r *rig) {
			r.stop()
			store, err := sqlite.Open(r.t.Context(), sqlite.Options{Path: r.path, Zone: china})
			if err != nil {
				r.t.Fatal(err)
			}
			r.store = store
			r.follower = followup.New(followup.Options{Settings: other, Store: store, Logger: slog.New(slog.DiscardHandler), Observer: r.seen})
			ctx, cancel := context.WithCancel(r.t.Context())
			ended := make(chan error)
			go func() { ended <- r.follower.Run(ctx) }()
			r.stop = func() {
				cancel()
				if err := <-ended; err != nil {
					r.t.Error(err)
				}
				_ = store.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(false)
				id := r.enqueue(paged("down", "u1"))[0]
				time.Sleep(time.Second)
				leave(r)
				time.Sleep(time.Hour)
				if d := r.get(id); len(d.Followups) == 0 {
					r.t.Errorf("given up within the hour: %v", d.Notes)
				}
				time.Sleep(15 * time.Minute)
				d := r.get(id)
				if len(d.Followups) > 0 || len(d.Notes) != 2 || !strings.Contains(d.Notes[1].Text, `given up (escalate): the app "ops" is not in rules.yaml any more`) {
					r.t.Errorf("still to come: %v; notes %v", d.Followups, d.Notes)
				}
				time.Sleep(13 * time.Hour)
				if n, err := r.store.Prune(r.t.Context(), time.Now(), 10); err != nil || n != 1 {
					r.t.Errorf("%d events are pruned: %v", n, err)
				}
			})
		})
	}
}

// TestAppThatComesBack: where somebody takes an app out of rules.yaml by mistake,
// or bridges have different rules for a while, nobody is left without the
// escalation.
func TestAppThatComesBack(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		r.enqueue(paged("down", "u1"))
		time.Sleep(time.Second)
		r.follower.Reconfigure(followup.Settings{Apps: []followup.App{{Name: "other"}}, Zone: china})
		time.Sleep(40 * time.Minute)
		if n := r.causes()["escalation 1"]; n != 0 {
			r.t.Errorf("%d escalations without the app", n)
		}
		r.follower.Reconfigure(r.settings)
		time.Sleep(time.Minute)
		if n := r.causes()["escalation 1"]; n != 1 {
			r.t.Errorf("%d escalations once the app was there again, want 1", n)
		}
	})
}

// TestAppThatIsGoneAfterAStop: what became due while the bridge was stopped is not
// given up at once either, if the rules that it starts with lack the app.
func TestAppThatIsGoneAfterAStop(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		r.enqueue(paged("down", "u1"))
		time.Sleep(time.Second)
		r.stop()
		time.Sleep(2 * time.Hour)
		r.without = true
		r.start()
		time.Sleep(50 * time.Minute)
		r.follower.Reconfigure(r.settings)
		time.Sleep(time.Minute)
		if n := r.causes()["escalation 1"]; n != 1 {
			r.t.Errorf("%d escalations once the app was there again, want 1: %v", n, r.get(1).Notes)
		}
	})
}

// TestStepsThatAreGone: a step that the rules do not have is waited for as long as
// the bridges of one store may have different ones after a change.
func TestStepsThatAreGone(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(false)
		steps := r.rules.steps
		first := r.enqueue(paged("down", "u1"))[0]
		time.Sleep(9 * time.Minute)
		r.rules.set(nil)
		time.Sleep(2 * time.Minute)
		r.rules.set(steps)
		time.Sleep(2 * time.Minute)
		if n := r.causes()["escalation 1"]; n != 1 {
			r.t.Errorf("%d escalations once the rules had the step, want 1", n)
		}
		r.rules.set(nil)
		time.Sleep(52 * time.Minute)
		d := r.get(first)
		if last := d.Notes[len(d.Notes)-1].Text; slices.ContainsFunc(d.Followups, func(f outbox.Followup) bool { return f.Kind == outbox.FollowEscalate }) || !strings.Contains(last, "no such step any more") {
			r.t.Errorf("still to come: %v; the last note: %q", d.Followups, last)
		}
	})
}
