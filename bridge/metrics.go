package bridge

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"workbell/dispatch"
	"workbell/outbox"
)

// metrics are what a bridge counts, under Prometheus' conventions. Labels are
// bounded by rules.yaml: sources, rules, apps, states and codes.
type metrics struct {
	registry  *prometheus.Registry
	webhooks  *prometheus.CounterVec
	latency   prometheus.Histogram
	faults    *prometheus.CounterVec
	attempts  *prometheus.CounterVec
	ended     *prometheus.CounterVec
	pauses    *prometheus.CounterVec
	again     prometheus.Counter
	calls     *prometheus.CounterVec
	fates     *prometheus.CounterVec
	invalid   *prometheus.CounterVec
	changes   *prometheus.CounterVec
	wait      prometheus.Histogram
	reloads   *prometheus.CounterVec
	loadedAt  prometheus.Gauge
	reloadsOK prometheus.Gauge
}

func newMetrics(store outbox.Store, version string) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "workbell", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "workbell", Name: name, Help: help})
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		webhooks: counter("webhooks_total", "Webhooks by source and answer.", "source", "code"),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "workbell", Name: "webhook_duration_seconds",
			Help: "Time from a webhook's arrival to its answer, kept on disk.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
		faults:   counter("rule_faults_total", "Rules, templates and fields of sources that failed while they ran, by rule (none for a source) and field.", "rule", "field"),
		attempts: counter("attempts_total", "Calls that send, by app, outcome and DingTalk's code.", "app", "outcome", "code"),
		ended:    counter("deliveries_total", "Deliveries that left the queue, by rule and state.", "rule", "state"),
		calls:    counter("followup_calls_total", "Calls that ask, turn status bars and recall, by app, API method and DingTalk's code (ok).", "app", "method", "code"),
		fates:    counter("recipients_total", "Recipients of whom was learnt what became of a delivery, by app and fate.", "app", "fate"),
		invalid:  counter("invalid_recipients_total", "People whom DingTalk does not know by the id that rules or events give, each counted once.", "app"),
		changes:  counter("delivery_outcomes_total", "Sent deliveries of which was learnt what became of them, by rule and state.", "rule", "state"),
		pauses:   counter("pauses_total", "Times that an app stopped sending, by reason.", "app", "reason"),
		again:    prometheus.NewCounter(prometheus.CounterOpts{Namespace: "workbell", Name: "possible_repeats_total", Help: "Attempts of unknown outcome tried again after DingTalk's midnight: the employee may be rung twice."}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "workbell", Name: "queue_wait_seconds",
			Help: "Time from keeping a delivery to its first attempt.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 12)}),
		reloads:   counter("reloads_total", "Loads of rules.yaml and templates, by result.", "result"),
		loadedAt:  gauge("config_last_reload_success_timestamp_seconds", "When the rules in force were loaded."),
		reloadsOK: gauge("config_last_reload_successful", "Whether the last load succeeded."),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "workbell", Name: "build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	m.registry.MustRegister(m.webhooks, m.latency, m.faults, m.attempts, m.ended, m.pauses, m.again, m.calls, m.fates, m.invalid, m.changes, m.wait, m.reloads, m.loadedAt, m.reloadsOK, info,
		&queueCollector{store: store}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
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

// queueCollector reads the queue's depth and age from the store when asked.
type queueCollector struct{ store outbox.Store }

var (
	queueDepth = prometheus.NewDesc("workbell_queue_deliveries", "Deliveries waiting to be sent.", nil, nil)
	queueAge   = prometheus.NewDesc("workbell_queue_oldest_seconds", "Age of the oldest delivery waiting to be sent.", nil, nil)
)

// Describe names the gauges.
func (q *queueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- queueDepth; ch <- queueAge }

// Collect asks the store; where it fails, the gauges are absent.
func (q *queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s, err := q.store.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(queueDepth, err)
		return
	}
	age := 0.0
	if s.Open > 0 {
		age = max(0, time.Since(s.Oldest).Seconds())
	}
	ch <- prometheus.MustNewConstMetric(queueDepth, prometheus.GaugeValue, float64(s.Open))
	ch <- prometheus.MustNewConstMetric(queueAge, prometheus.GaugeValue, age)
}

// Attempted counts a call that sends.
func (m *metrics) Attempted(app, code string, outcome outbox.Outcome, _ time.Duration) {
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
