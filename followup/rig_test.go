package followup_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"workbell/config"
	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/followup"
	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
	"workbell/sandbox"
	"workbell/secret"
)

var china = time.FixedZone("UTC+8", 8*60*60)

// rig is the way from the queue to what became of it: a real store, dispatcher
// and follower, and the stand-in for DingTalk with every limit on, in fake time.
type rig struct {
	t     *testing.T
	path  string
	far   *sandbox.Sandbox
	store outbox.Store
	rules *rules
	limit int // calls per month
	seen  *seen
	log   *logged

	settings followup.Settings
	without  bool // start with rules that lack the app of settings
	follower *followup.Follower
	stop     func()
}

// employees are u1 to u40, of which the last ones are in departments.
func employees() sandbox.Directory {
	d := sandbox.Directory{Depts: []sandbox.Dept{{ID: 1, Name: "All"}, {ID: 10, Parent: 1, Name: "Ops"}, {ID: 11, Parent: 10, Name: "On call"}}}
	for i := range 40 {
		e := sandbox.Employee{ID: fmt.Sprint("u", i+1), Depts: []int64{1}}
		if i >= 36 {
			e.Depts = []int64{10 + int64(i%2)}
		}
		d.Employees = append(d.Employees, e)
	}
	return d
}

// inFakeTime runs test with a rig that has begun to work. Time begins at noon in
// China, and passes only while all wait.
func inFakeTime(t *testing.T, test func(*rig)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().In(china)
		time.Sleep(time.Date(now.Year(), now.Month(), now.Day()+1, 12, 0, 0, 0, china).Sub(now))
		r := &rig{t: t, path: path, rules: &rules{}, limit: 1_000_000, seen: &seen{}, log: &logged{}}
		r.far = sandbox.New(sandbox.Options{Directory: employees(), Media: []string{"@m"}, Apps: []sandbox.App{{Name: "ops", Key: "key", Secret: secret.New("pass"), AgentID: 7}}})
		r.start()
		defer func() {
			r.stop()
			r.far.Close()
		}()
		test(r)
	})
}

// start opens the store and runs dispatcher and follower on it; stop ends them.
func (r *rig) start() {
	r.t.Helper()
	store, err := sqlite.Open(r.t.Context(), sqlite.Options{Path: r.path, Zone: china})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = store
	client, err := dingtalk.New(dingtalk.Options{BaseURL: "http://dingtalk.test", AppKey: "key", AppSecret: secret.New("pass"), AgentID: 7,
		HTTP: &http.Client{Transport: within{r.far.Handler()}}})
	if err != nil {
		r.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.settings = followup.Settings{Apps: []followup.App{{Name: "ops", Client: client}}, Renderer: r.rules, CallsPerMonth: r.limit, Zone: china}
	now := r.settings
	if r.without {
		now.Apps = []followup.App{{Name: "other"}}
	}
	r.follower = followup.New(followup.Options{Settings: now, Store: store, Logger: log, Observer: r.seen})
	dispatcher := dispatch.New(dispatch.Options{
		Settings: dispatch.Settings{Apps: []dispatch.App{{Name: "ops", Limits: config.DefaultLimits, Client: client}}, CallsPerMonth: r.limit, Zone: china},
		Store:    store, Logger: log, Woken: r.follower.Wake,
		Follow: func(d *outbox.Delivery, sent time.Time) []outbox.Followup {
			return followup.Plan(d, sent, r.rules.Steps(d.Rule))
		},
	})
	ctx, cancel := context.WithCancel(r.t.Context())
	var work sync.WaitGroup
	for _, run := range []func(context.Context) error{dispatcher.Run, r.follower.Run} {
		work.Go(func() {
			if err := run(ctx); err != nil {
				r.t.Errorf("Run: %v", err)
			}
		})
	}
	r.stop = func() {
		cancel()
		work.Wait()
		client.Close()
		if err := store.Close(); err != nil {
			r.t.Error(err)
		}
	}
}

// restart is what a new process does.
func (r *rig) restart() {
	r.stop()
	r.start()
}

// within carries requests to a handler of the same process: sockets do not work
// in fake time.
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

// rules stand for rules.yaml: what the tests set, whatever the rule.
type rules struct {
	mu         sync.Mutex
	steps      []followup.Step
	resolved   []outbox.Message
	escalation []outbox.Message
	unread     [][]string // of each escalation asked for
}

func (r *rules) Steps(string) []followup.Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.steps
}

func (r *rules) set(steps []followup.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = steps
}

// named are those whom each escalation asked for says that they have not read it.
func (r *rules) named() [][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.unread)
}

func (r *rules) Bar(e outbox.Event, _ string, _ time.Time) (value, color string) {
	return "Resolved " + e.Title, "0xFF78C06E"
}

func (r *rules) Resolved(outbox.Event, string, time.Time) []outbox.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]outbox.Message(nil), r.resolved...)
}

func (r *rules) Escalation(_ outbox.Event, _ string, _ int, unread []string, _ time.Time) []outbox.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread = append(r.unread, unread)
	return append([]outbox.Message(nil), r.escalation...)
}

// text is a text to users, worth sending for two days.
func text(content string, to ...string) outbox.Message {
	return outbox.Message{Rule: "r", App: "ops", Msgtype: "text", Repeat: outbox.Distinct, Track: "result",
		Body:    fmt.Appendf(nil, `{"msgtype":"text","text":{"content":%q}}`, content),
		Calls:   []message.Recipients{{Users: to}},
		Expires: time.Now().Add(48 * time.Hour)}
}

// card is an OA message with a status bar.
func card(title string, to ...string) outbox.Message {
	m := text(title, to...)
	m.Msgtype, m.OnResolve = "oa", "status_bar"
	m.Body = fmt.Appendf(nil, `{"msgtype":"oa","oa":{"message_url":"https://example.com","head":{"bgcolor":"FFBBBBBB","text":"t"},`+
		`"status_bar":{"status_value":"Firing","status_bg":"0xFFF65E5E"},"body":{"title":%q}}}`, title)
	return m
}

// enqueue keeps an event of the group g with its messages, and returns their
// deliveries' ids.
func (r *rig) enqueue(messages ...outbox.Message) []int64 {
	r.t.Helper()
	return r.keep(outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Status: "firing", Title: "e", GroupKey: "g"}, Messages: messages})
}

// resolve keeps the event that ends what is firing of the group.
func (r *rig) resolve(messages ...outbox.Message) []int64 {
	r.t.Helper()
	return r.keep(outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Status: "resolved", Title: "e", GroupKey: "g"},
		Messages: messages, Resolve: outbox.Windows})
}

func (r *rig) keep(e outbox.Entry) []int64 {
	r.t.Helper()
	e.Event.Received = time.Now()
	kept, err := r.store.Enqueue(r.t.Context(), []outbox.Entry{e})
	if err != nil {
		r.t.Fatal(err)
	}
	var ids []int64
	for _, d := range kept[0].Deliveries {
		ids = append(ids, d.ID)
	}
	return ids
}

func (r *rig) get(id int64) outbox.Delivery {
	r.t.Helper()
	d, err := r.store.Get(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// all are the deliveries in the store, oldest first.
func (r *rig) all() []outbox.Delivery {
	r.t.Helper()
	var all []outbox.Delivery
	f := outbox.Filter{Limit: 500}
	for {
		page, err := r.store.List(r.t.Context(), f)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, d := range page {
			all = append([]outbox.Delivery{r.get(d.ID)}, all...)
			f.Before = d.ID
		}
		if len(page) < f.Limit {
			return all
		}
	}
}

// fates are what is known of each recipient: "delivered", or "forbidden 143104".
func fates(d outbox.Delivery) map[string]string {
	all := map[string]string{}
	for _, r := range d.Receipts {
		all[r.User] = strings.TrimSpace(string(r.Fate) + " " + r.Code)
	}
	return all
}

// calls counts the calls of one API method that the stand-in has answered.
func (r *rig) calls(method string) int {
	n := int64(0)
	for path, codes := range r.far.Counters().Calls {
		if strings.HasSuffix(path, "/"+method) {
			for _, c := range codes {
				n += c
			}
		}
	}
	return int(n)
}

// seen counts what the observer is told.
type seen struct {
	mu      sync.Mutex
	invalid []string
	fates   map[outbox.Fate]int
	changes map[outbox.State]int
}

func (s *seen) Called(string, string, string) {}

func (s *seen) Learnt(_ outbox.Delivery, r outbox.Receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fates == nil {
		s.fates = map[outbox.Fate]int{}
	}
	s.fates[r.Fate]++
}

func (s *seen) Invalid(_, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invalid = append(s.invalid, user)
}

func (s *seen) Changed(_ outbox.Delivery, state outbox.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == nil {
		s.changes = map[outbox.State]int{}
	}
	s.changes[state]++
}

// logged keeps log lines.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(b))
	return len(b), nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}
