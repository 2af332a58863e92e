package routes

import (
	"bytes"
	"encoding/json"
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
)

// rig is the admin listener's handler over a store of its own.
type rig struct {
	*testing.T
	store *sqlite.Store
	admin http.Handler
	log   *bytes.Buffer // read once all requests are answered
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	plan := &atomic.Pointer[Plan]{}
	plan.Store(&Plan{Config: &config.Config{DingTalk: config.DingTalk{Apps: []config.App{{Name: "ops"}}}}})
	r := &rig{T: t, store: s, log: &bytes.Buffer{}}
	o := Options{Plan: plan, Store: s, Draining: &atomic.Bool{}, Log: slog.New(slog.NewTextHandler(r.log, nil)), Metrics: http.NotFoundHandler()}
	for _, c := range change {
		c(&o)
	}
	r.admin = Admin(o)
	return r
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// ask sends a request and returns the answer's code and body.
func (r *rig) ask(method, path, body string) (int, string) {
	r.Helper()
	w := httptest.NewRecorder()
	r.admin.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

// get reads the answer to a GET into v.
func (r *rig) get(path string, v any) {
	r.Helper()
	code, body := r.ask(http.MethodGet, path, "")
	if code != http.StatusOK {
		r.Fatalf("GET %s: %d %s", path, code, body)
	}
	r.ok(json.Unmarshal([]byte(body), v))
}

// post returns the code and the answer to an order, or the detail of a problem.
func (r *rig) post(path, body string) (int, Done, string) {
	r.Helper()
	code, text := r.ask(http.MethodPost, "/api/v1/deliveries/"+path, body)
	var answer struct {
		Done
		Detail string
	}
	r.ok(json.Unmarshal([]byte(text), &answer))
	return code, answer.Done, answer.Detail
}

// text is a message of app ops, worth sending for a day.
func text(content string, users ...string) outbox.Message {
	return outbox.Message{
		Rule: "rule", App: "ops", Msgtype: "text", Repeat: outbox.Distinct, OnResolve: "send", Track: "result",
		Body:    fmt.Appendf(nil, `{"msgtype":"text","text":{"content":%q}}`, content),
		Calls:   []message.Recipients{{Users: users}},
		Expires: time.Now().Add(24 * time.Hour),
	}
}

// keep enqueues the messages of one event and returns their deliveries.
func (r *rig) keep(e outbox.Event, messages ...outbox.Message) []int64 {
	r.Helper()
	if e.Source == "" {
		e.Source = "s"
	}
	e.Kind, e.Received = "json", time.Now()
	kept, err := r.store.Enqueue(r.Context(), []outbox.Entry{{Event: e, Messages: messages}})
	r.ok(err)
	var ids []int64
	for _, d := range kept[0].Deliveries {
		ids = append(ids, d.ID)
	}
	return ids
}

// begin claims the only delivery that is due and begins an attempt.
func (r *rig) begin() outbox.Delivery {
	r.Helper()
	due, _, err := r.store.Claim(r.Context(), "ops", 10, 0)
	r.ok(err)
	if len(due) != 1 {
		r.Fatalf("%d deliveries are due, not one", len(due))
	}
	g, err := r.store.Reserve(r.Context(), due[0].Lease(), nil)
	r.ok(err)
	if !g.OK {
		r.Fatalf("no attempt: %+v", g)
	}
	return due[0]
}

// end ends the attempt that begin began.
func (r *rig) end(d outbox.Delivery, state outbox.State, result outbox.Result) {
	r.Helper()
	r.ok(r.store.Update(r.Context(), outbox.Update{Lease: d.Lease(), State: state, Attempt: &result}))
}

// sent keeps a message and sends it.
func (r *rig) sent(e outbox.Event, m outbox.Message) int64 {
	r.Helper()
	id := r.keep(e, m)[0]
	r.end(r.begin(), outbox.Sent, outbox.Result{Outcome: outbox.Accepted, TaskID: 77})
	return id
}

func (r *rig) delivery(id int64) outbox.Delivery {
	r.Helper()
	d, err := r.store.Get(r.Context(), id)
	r.ok(err)
	return d
}
