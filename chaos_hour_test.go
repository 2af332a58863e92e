package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"workbell/bridge"
	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/outbox"
	"workbell/outbox/sqlite"
	"workbell/routes"
	"workbell/sandbox"
	"workbell/secret"
)

const hourRules = `dingtalk:
  base_url: https://dingtalk.test
  apps: [{name: ops, agent_id: 7, app_key: key, app_secret: secret}]
sources: [{name: am, type: alertmanager, auth: none}]
groups: {sre: {users: [u1, u2]}}
rules: [{name: all, to: sre, msgtype: text}]
`

// TestHourAway has DingTalk away for an hour, of fake time, while a webhook comes
// in every fifteen seconds: from the hooks through rules, templates and the store
// to DingTalk, with its own limits. The books must be right afterwards.
func TestHourAway(t *testing.T) {
	t.Parallel()
	for _, kind := range []sandbox.Kind{sandbox.Outage, sandbox.Hang, sandbox.HTTPStatus, sandbox.CutAfter, sandbox.Quota} {
		t.Run(string(kind), func(t *testing.T) { hourAway(t, kind) })
	}
}

func hourAway(t *testing.T, kind sandbox.Kind) {
	t.Parallel()
	rules := writeFile(t, t.TempDir(), "rules.yaml", hourRules)
	path := filepath.Join(t.TempDir(), "workbell.db")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(4 * time.Hour) // midnight in China is far
		far := sandbox.New(sandbox.Options{AdoptUnknown: true, Apps: []sandbox.App{{Name: "ops", Key: "key", Secret: secret.New("secret"), AgentID: 7}}})
		defer far.Close()
		p := assemble(t, rules, path, far)
		defer p.stop()
		b, began := newBooks(), time.Now()
		away := sandbox.Fault{Kind: kind, For: time.Hour}
		if kind == sandbox.CutAfter { // the first message rings at once, though nobody learns of it
			away.Path = "asyncsend_v2"
		}
		if err := far.Fail(away); err != nil {
			t.Fatal(err)
		}
		for time.Since(began) < time.Hour {
			n := b.next()
			b.post(t, p.client, "http://hooks.test", n, alert(n, "firing"))
			time.Sleep(15 * time.Second)
		}
		for p.open() > 0 && time.Since(began) < 4*time.Hour {
			time.Sleep(time.Second)
		}
		took := time.Since(began.Add(time.Hour))
		calls := far.Calls()
		f := b.compareRings(t, calls, "u1", "u2")
		b.compareKept(t, calls, p.kept())
		if dropped := far.Counters().Dropped - int64(2*f.repeated); len(b.accepted) != b.posted || dropped != 0 {
			t.Errorf("%d of %d accepted, %d recipients dropped", len(b.accepted), b.posted, dropped)
		}
		t.Logf("%d accepted, %d calls, %d repeated, all gone %v after the hour", len(b.accepted), len(calls), f.repeated, took)
	})
}

// parts are a bridge's, put together in fake time, in which sockets do not work.
type parts struct {
	*testing.T
	client *http.Client // reaches the hooks
	store  outbox.Store
	stop   func()
}

func assemble(t *testing.T, rules, path string, far *sandbox.Sandbox) *parts {
	t.Helper()
	plan, faults := bridge.LoadPlan(bridge.Files{Config: rules, Embedded: embedded})
	if plan == nil {
		t.Fatal(faults)
	}
	app := plan.Config.DingTalk.Apps[0]
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Zone: plan.Config.DingTalk.Location})
	if err != nil {
		t.Fatal(err)
	}
	client, err := dingtalk.New(dingtalk.Options{BaseURL: plan.Config.DingTalk.BaseURL, AppKey: app.AppKey, AppSecret: app.AppSecret, AgentID: app.AgentID,
		HTTP: &http.Client{Transport: within{far.Handler()}}})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	dispatcher := dispatch.New(dispatch.Options{Store: store, Logger: log, Settings: dispatch.Settings{
		Apps: []dispatch.App{{Name: app.Name, Limits: app.Limits, Client: client}}, Zone: plan.Config.DingTalk.Location}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- dispatcher.Run(ctx) }()
	var current atomic.Pointer[routes.Plan]
	current.Store(plan)
	hooks := routes.Hooks(routes.Options{Plan: &current, Store: store, Draining: &atomic.Bool{}, Log: log,
		Webhook: func(string, int, time.Duration) {}, Fault: func(rule, field string) { t.Errorf("rule %s: %s failed", rule, field) }})
	return &parts{T: t, client: &http.Client{Transport: within{hooks}}, store: store, stop: func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		client.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}}
}

// open is how many deliveries wait.
func (p *parts) open() int {
	stats, err := p.store.Stats(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	return stats.Open
}

// kept are all deliveries.
func (p *parts) kept() (all []routes.Delivery) {
	list, err := p.store.List(p.Context(), outbox.Filter{Limit: 500})
	if err != nil {
		p.Fatal(err)
	}
	for _, d := range list {
		all = append(all, routes.Delivery{Delivery: d})
	}
	return all
}

// within carries requests to a handler of the same process.
type within struct{ handler http.Handler }

func (w within) RoundTrip(req *http.Request) (res *http.Response, err error) {
	defer func() {
		switch p := recover(); {
		case p == http.ErrAbortHandler: //nolint:errorlint // as it was given
			res, err = nil, io.ErrUnexpectedEOF
		case p != nil:
			panic(p)
		}
	}()
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil { // the request goes out whole
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteHeaders()
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return answer.Result(), nil
}
