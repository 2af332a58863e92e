package followup_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"workbell/followup"
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
				time.Sleep(20 * time.Minute)
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
