package bridge

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
)

var update = flag.Bool("update", false, "rewrite the table of docs/metrics.md")

// between are the lines between which docs/metrics.md has the table.
const between = "<!-- from the registry, by go test ./bridge -run Metrics -update -->\n"

// TestMetricsAreDocumented holds the table of docs/metrics.md to what a bridge
// tells Prometheus: name, type, labels and meaning. Each of its metrics is
// there, and none goes against the conventions.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	r := newWebRig(t, "", "", "127.0.0.1:0")
	r.everything()
	const file = "../docs/metrics.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), between)
	if len(parts) != 3 {
		t.Fatalf("%s: no table between two lines %q", file, between)
	}
	want := r.table()
	if *update {
		parts[1] = want
		if err := os.WriteFile(file, []byte(strings.Join(parts, between)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(parts[1], want); diff != "" {
		t.Errorf("%s (-it, +the registry; rewrite it with -update):\n%s", file, diff)
	}
	problems, err := testutil.GatherAndLint(r.metrics.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// everything has each metric show.
func (r *webRig) everything() {
	m, d := r.metrics, outbox.Delivery{App: "ops", Rule: "r"}
	m.webhook("am", 202, time.Millisecond)
	m.Attempted("ops", "ok", outbox.Accepted, time.Second)
	m.Ended(d, outbox.Sent)
	m.Waited("ops", time.Second)
	m.Paused("ops", "outage")
	m.Called("ops", "recall", "ok")
	m.Learnt(d, outbox.Receipt{User: "u1", Fate: outbox.FateRead})
	m.Invalid("ops", "u1")
	m.Changed(d, outbox.Failed)
	r.fault("r", "when")
	plan, cfg := *r.plan.Load(), *r.plan.Load().Config
	cfg.Sources = append(slices.Clone(cfg.Sources), config.Source{Name: "watchdog", Type: config.Heartbeat})
	plan.Config = &cfg
	r.plan.Store(&plan)
	if _, err := r.heartbeats.learn(r.Context(), beatKey("watchdog"), mark{At: now()}, false); err != nil {
		r.Fatal(err)
	}
	_, err := r.store.Enqueue(r.Context(), []outbox.Entry{{Event: outbox.Event{Source: "am"}, Messages: []outbox.Message{{
		Rule: "r", App: "ops", Msgtype: "text", Body: []byte(`{"msgtype":"text","text":{"content":"x"}}`), Calls: []message.Recipients{{Users: []string{"u1"}}},
	}}}})
	if err != nil {
		r.Fatal(err)
	}
	for range 2000 { // until the stand-in has taken it
		if r.dispatcher.Status()[0].LastSuccess.IsZero() {
			time.Sleep(5 * time.Millisecond)
		}
	}
	if n := testutil.ToFloat64(m.tokens.WithLabelValues("ops", "ok")); n != 1 {
		r.Errorf("%v requests for a token, not 1", n)
	}
}

var described = regexp.MustCompile(`fqName: "(workbell_[a-z_]+)"`)

// table lists what the registry shows, and fails for what it has and does not
// show.
func (r *webRig) table() string {
	r.Helper()
	families, err := r.metrics.registry.Gather()
	if err != nil {
		r.Fatal(err)
	}
	rows, shown := []string{}, map[string]bool{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "workbell_") {
			continue
		}
		shown[f.GetName()] = true
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |\n", f.GetName(), strings.ToLower(f.GetType().String()), strings.Join(labels, ", "), f.GetHelp()))
	}
	for name := range r.names() {
		if !shown[name] {
			r.Errorf("%s does not show", name)
		}
	}
	slices.Sort(rows)
	return "| name | type | labels | meaning |\n|---|---|---|---|\n" + strings.Join(rows, "")
}

// names are those of all metrics that the registry may show.
func (r *webRig) names() map[string]bool {
	all, descriptions := map[string]bool{}, make(chan *prometheus.Desc)
	go func() {
		r.metrics.registry.Describe(descriptions)
		close(descriptions)
	}()
	for d := range descriptions {
		if m := described.FindStringSubmatch(d.String()); m != nil {
			all[m[1]] = true
		}
	}
	return all
}

// failing is a store that cannot write.
type failing struct {
	outbox.Store
	err error
}

func (f failing) Update(context.Context, ...outbox.Update) error { return f.err }

// TestStoreErrors counts what fails, and not what the store rightly refuses.
func TestStoreErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want float64
	}{{nil, 0}, {outbox.ErrFenced, 0}, {fmt.Errorf("x: %w", context.Canceled), 0}, {errors.New("disk full"), 1}} {
		m := newMetrics("test")
		_ = observed{failing{err: c.err}, m}.Update(t.Context())
		if got := testutil.ToFloat64(m.storeFails.WithLabelValues("update")); got != c.want {
			t.Errorf("%v counts %v, not %v", c.err, got, c.want)
		}
		if n := testutil.CollectAndCount(m.storing); n != 1 {
			t.Errorf("%v: %d series of durations", c.err, n)
		}
	}
}

// TestCountersBeginAtZero lists what alerts look at before anything has
// happened.
func TestCountersBeginAtZero(t *testing.T) {
	t.Parallel()
	m := newMetrics("test")
	m.expect(&config.Config{Sources: []config.Source{{Name: "am"}}, Rules: []config.Rule{{Name: "r"}}, DingTalk: config.DingTalk{Apps: []config.App{{Name: "ops"}}}})
	for name, want := range map[string]int{
		"workbell_webhooks_total": 1, "workbell_deliveries_total": 5, "workbell_delivery_outcomes_total": 4, "workbell_pauses_total": 4,
		"workbell_invalid_recipients_total": 1, "workbell_store_errors_total": len(operations), "workbell_reloads_total": 2,
	} {
		if got, err := testutil.GatherAndCount(m.registry, name); err != nil || got != want {
			t.Errorf("%s has %d series, not %d: %v", name, got, want, err)
		}
	}
}
