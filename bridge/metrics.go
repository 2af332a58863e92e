package bridge

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"workbell/config"
	"workbell/dispatch"
	"workbell/outbox"
)

// metrics are what a bridge counts, under Prometheus' conventions: docs/metrics.md
// lists them, with those that are read when asked for (gauges.go). Labels are
// bounded by rules.yaml: sources, rules, apps, states and codes. No label has a
// person, an event or a text.
type metrics struct {
	registry   *prometheus.Registry
	webhooks   *prometheus.CounterVec
	latency    prometheus.Observer
	events     *prometheus.CounterVec
	kept       *prometheus.CounterVec
	faults     *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	attempting *prometheus.HistogramVec
	ended      *prometheus.CounterVec
	pauses     *prometheus.CounterVec
	tokens     *prometheus.CounterVec
	again      prometheus.Counter
	calls      *prometheus.CounterVec
	fates      *prometheus.CounterVec
	invalid    *prometheus.CounterVec
	changes    *prometheus.CounterVec
	wait       prometheus.Observer
	storing    *prometheus.HistogramVec
	storeFails *prometheus.CounterVec
	reloads    *prometheus.CounterVec
	loadedAt   prometheus.Gauge
	reloadsOK  prometheus.Gauge
}

func newMetrics(version string) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	f := factory{m.registry}
	m.webhooks = f.counter("webhooks_total", "Webhooks by source (none: unknown) and answer.", "source", "code")
	m.latency = f.histogram("webhook_duration_seconds", "Time from a webhook's arrival to its answer, kept on disk.", prometheus.ExponentialBuckets(0.0005, 2, 14)).WithLabelValues()
	m.events = f.counter("events_total", "Events that are on disk, by source and whether they were new or a duplicate.", "source", "result")
	m.kept = f.counter("deliveries_kept_total", "Deliveries that are on disk, by rule and first state (queued, suppressed).", "rule", "state")
	m.faults = f.counter("rule_faults_total", "Rules, templates and fields of sources that failed while they ran, by rule (none for a source) and field.", "rule", "field")
	m.attempts = f.counter("attempts_total", "Calls that send, by app, outcome and DingTalk's code.", "app", "outcome", "code")
	m.attempting = f.histogram("attempt_duration_seconds", "Time that a call that sends takes.", prometheus.ExponentialBuckets(0.01, 2, 11), "app")
	m.ended = f.counter("deliveries_total", "Deliveries that left the queue, by rule and state.", "rule", "state")
	m.calls = f.counter("followup_calls_total", "Calls that ask, turn status bars and recall, by app, API method and DingTalk's code (ok).", "app", "method", "code")
	m.fates = f.counter("recipients_total", "Recipients of whom was learnt what became of a delivery, by app and fate.", "app", "fate")
	m.invalid = f.counter("invalid_recipients_total", "People whom DingTalk does not know by the id that rules or events give, each counted once.", "app")
	m.changes = f.counter("delivery_outcomes_total", "Sent deliveries of which was learnt what became of them, by rule and state.", "rule", "state")
	m.pauses = f.counter("pauses_total", "Times that an app stopped sending, by reason.", "app", "reason")
	m.tokens = f.counter("token_requests_total", "Requests for an access token, by app and DingTalk's code (ok; none: no answer).", "app", "code")
	m.again = f.counter("possible_repeats_total", "Attempts of unknown outcome tried again after DingTalk's midnight: the employee may be rung twice.").WithLabelValues()
	m.wait = f.histogram("queue_wait_seconds", "Time from keeping a delivery to its first attempt.", prometheus.ExponentialBuckets(0.001, 4, 12)).WithLabelValues()
	m.storing = f.histogram("store_duration_seconds", "Time that the store takes to write and to claim, by operation.", prometheus.ExponentialBuckets(0.0005, 2, 14), "operation")
	m.storeFails = f.counter("store_errors_total", "Operations in which the store failed.", "operation")
	m.reloads = f.counter("reloads_total", "Loads of rules.yaml and templates, by result.", "result")
	m.loadedAt = f.gauge("config_last_reload_success_timestamp_seconds", "When the rules in force were loaded.").WithLabelValues()
	m.reloadsOK = f.gauge("config_last_reload_successful", "Whether the last load succeeded.").WithLabelValues()
	f.gauge("build_info", "Always 1; the version is a label.", "version").WithLabelValues(version).Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// factory makes metrics and registers them.
type factory struct{ registry *prometheus.Registry }

func (f factory) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "workbell", Name: name, Help: help}, labels)
	f.registry.MustRegister(c)
	return c
}

func (f factory) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "workbell", Name: name, Help: help}, labels)
	f.registry.MustRegister(g)
	return g
}

// histogram makes one with buckets, and a native one beside for those who
// scrape these.
func (f factory) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "workbell", Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour}, labels)
	f.registry.MustRegister(h)
	return h
}

// expect begins the counters of the rules in force at 0: of one that begins at 1
// Prometheus does not see the increase, and alerts stand on these.
func (m *metrics) expect(cfg *config.Config) {
	for i := range cfg.Sources {
		m.webhooks.WithLabelValues(cfg.Sources[i].Name, strconv.Itoa(http.StatusAccepted))
	}
	for i := range cfg.Rules {
		for _, s := range []outbox.State{outbox.Sent, outbox.Superseded, outbox.Expired, outbox.Refused, outbox.Dead} {
			m.ended.WithLabelValues(cfg.Rules[i].Name, string(s))
		}
		for _, s := range []outbox.State{outbox.Delivered, outbox.Partial, outbox.Failed, outbox.Recalled} {
			m.changes.WithLabelValues(cfg.Rules[i].Name, string(s))
		}
	}
	for i := range cfg.DingTalk.Apps {
		for _, r := range dispatch.Reasons {
			m.pauses.WithLabelValues(cfg.DingTalk.Apps[i].Name, string(r))
		}
		m.invalid.WithLabelValues(cfg.DingTalk.Apps[i].Name)
		m.tokens.WithLabelValues(cfg.DingTalk.Apps[i].Name, "ok")
	}
	for _, op := range operations {
		m.storeFails.WithLabelValues(op)
	}
	m.reloads.WithLabelValues("ok")
	m.reloads.WithLabelValues("failed")
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, ErrorHandling: promhttp.ContinueOnError})
}

func (m *metrics) webhook(source string, code int, took time.Duration) {
	m.webhooks.WithLabelValues(source, strconv.Itoa(code)).Inc()
	m.latency.Observe(took.Seconds())
}

func (m *metrics) reloaded(err error) {
	result := "ok"
	if err != nil {
		result = "failed"
		m.reloadsOK.Set(0)
	} else {
		m.reloadsOK.Set(1)
		m.loadedAt.SetToCurrentTime()
	}
	m.reloads.WithLabelValues(result).Inc()
}

// Attempted counts a call that sends.
func (m *metrics) Attempted(app, code string, outcome outbox.Outcome, took time.Duration) {
	m.attempting.WithLabelValues(app).Observe(took.Seconds())
	m.attempts.WithLabelValues(app, string(outcome), code).Inc()
}

// Ended counts a delivery that left the queue.
func (m *metrics) Ended(d outbox.Delivery, state outbox.State) {
	m.ended.WithLabelValues(d.Rule, string(state)).Inc()
}

// Waited observes how long a delivery waited for its first attempt.
func (m *metrics) Waited(_ string, wait time.Duration) { m.wait.Observe(wait.Seconds()) }

// Paused counts an app's pauses.
func (m *metrics) Paused(app string, reason dispatch.Reason) {
	m.pauses.WithLabelValues(app, string(reason)).Inc()
}

// MayRingTwice counts the known hole of the promise that nobody is rung twice.
func (m *metrics) MayRingTwice(outbox.Delivery) { m.again.Inc() }

// Called counts a call of the follower.
func (m *metrics) Called(app, method, code string) { m.calls.WithLabelValues(app, method, code).Inc() }

// Learnt counts what became of a recipient.
func (m *metrics) Learnt(d outbox.Delivery, r outbox.Receipt) {
	m.fates.WithLabelValues(d.App, string(r.Fate)).Inc()
}

// Invalid counts a person whom DingTalk does not know.
func (m *metrics) Invalid(app, _ string) { m.invalid.WithLabelValues(app).Inc() }

// Changed counts a delivery whose outcome was learnt.
func (m *metrics) Changed(d outbox.Delivery, state outbox.State) {
	m.changes.WithLabelValues(d.Rule, string(state)).Inc()
}
