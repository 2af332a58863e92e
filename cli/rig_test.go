package cli

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
	"workbell/routes"
)

// rig is the admin API of a bridge that nobody sends for, and the command line
// that talks to it.
type rig struct {
	*testing.T
	store *sqlite.Store
	url   string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	plan := &atomic.Pointer[routes.Plan]{}
	plan.Store(&routes.Plan{Config: &config.Config{DingTalk: config.DingTalk{Apps: []config.App{{Name: "ops"}}}}})
	server := httptest.NewServer(routes.Admin(routes.Options{
		Plan: plan, Store: s, Draining: &atomic.Bool{}, Log: slog.New(slog.DiscardHandler), Metrics: http.NotFoundHandler(), Loopback: true,
	}))
	t.Cleanup(func() {
		server.Close()
		_ = s.Close()
	})
	return &rig{t, s, server.URL}
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// run runs a command against the bridge.
func (r *rig) run(args ...string) (stdout, stderr string, code int) {
	r.Helper()
	return run(r.T, append(args, "--admin.url="+r.url)...)
}

func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}, args)
	return out.String(), errs.String(), code
}

// keep keeps one message to the users, of an event with that title.
func (r *rig) keep(title string, users ...string) int64 {
	r.Helper()
	kept, err := r.store.Enqueue(r.Context(), []outbox.Entry{{
		Event: outbox.Event{Source: "am", Kind: "json", Title: title, Status: "firing", Received: time.Now()},
		Messages: []outbox.Message{{
			Rule: "critical", App: "ops", Msgtype: "text", Repeat: outbox.Distinct, OnResolve: "send", Track: "result",
			Body:    fmt.Appendf(nil, `{"msgtype":"text","text":{"content":"from %d"}}`, time.Now().UnixNano()),
			Calls:   []message.Recipients{{Users: users}},
			Expires: time.Now().Add(24 * time.Hour),
		}},
	}})
	r.ok(err)
	return kept[0].Deliveries[0].ID
}

// sent keeps a message and sends it.
func (r *rig) sent(title string, users ...string) int64 {
	r.Helper()
	id := r.keep(title, users...)
	due, _, err := r.store.Claim(r.Context(), "ops", 10, 0)
	r.ok(err)
	for _, d := range due {
		_, err := r.store.Reserve(r.Context(), d.Lease(), nil)
		r.ok(err)
		r.ok(r.store.Update(r.Context(), outbox.Update{Lease: d.Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: 77}}))
	}
	return id
}

// answerRecall waits for a recall to be asked for, and ends it as the
// amendment says.
func (r *rig) answerRecall(state outbox.State, note string) <-chan error {
	ended := make(chan error, 1)
	go func() {
		for {
			due, _, err := r.store.ClaimFollowups(r.Context(), "ops", 1, 0)
			if err != nil {
				ended <- err
				return
			}
			if len(due) == 1 {
				_, err := r.store.Amend(r.Context(), outbox.Amendment{Delivery: due[0].Delivery.ID, Lease: due[0].Lease(), State: state, Note: note})
				ended <- err
				return
			}
			<-r.store.Wake()
		}
	}()
	return ended
}
