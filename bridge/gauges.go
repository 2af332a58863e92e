package bridge

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workbell/dingtalk"
	"workbell/dispatch"
	"workbell/outbox"
)

// gauges are read from the bridge's parts when asked for.
type gauges struct{ *Bridge }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("workbell_"+name, help, labels, nil)
}

var (
	queueDepth  = desc("queue_deliveries", "Deliveries waiting to be sent.")
	queueAge    = desc("queue_oldest_seconds", "Age of the oldest delivery waiting to be sent.")
	appPaused   = desc("app_paused", "Whether the app has stopped sending, or sends one call at a time to see whether it may go on, by reason.", "app", "reason")
	appInFlight = desc("app_calls_in_flight", "Calls that send, now.", "app")
	appSuccess  = desc("app_last_success_timestamp_seconds", "When DingTalk last took a message of the app's; absent: not since the start.", "app")
	tokenEnds   = desc("token_expiry_timestamp_seconds", "When the app's access token ends; absent: it has none.", "app")
	limitUsed   = desc("limit_used", "How much of a limit of DingTalk's is used now, by all replicas.", "app", "limit")
	limitMost   = desc("limit", "How much of it may be used.", "app", "limit")
	monthCalls  = desc("calls_this_month", "Calls of DingTalk's API in its month, by all apps and replicas.")
	monthBudget = desc("calls_per_month", "How many of them the organisation has; absent: no budget.")
	beatLast    = desc("heartbeat_last_timestamp_seconds", "When the last beat of a source of type heartbeat came, to a second; absent: none has come yet.", "source")
	beatAway    = desc("heartbeat_away", "Whether the heartbeat stays away.", "source")
)

// Describe names the gauges.
func (g gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{queueDepth, queueAge, appPaused, appInFlight, appSuccess, tokenEnds, limitUsed, limitMost, monthCalls, monthBudget, beatLast, beatAway} {
		ch <- d
	}
}

// Collect reads them; where the store fails, what it knows is absent, and
// workbell_store_errors_total, which then matters most, is there.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	g.queue(ctx, ch)
	g.apps(ch)
	g.limits(ctx, ch)
	g.heartbeats(ctx, ch)
	b := g.follower.Budget(ctx)
	put(ch, monthCalls, float64(b.Used))
	if b.Limit > 0 {
		put(ch, monthBudget, float64(b.Limit))
	}
}

func put(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (g gauges) queue(ctx context.Context, ch chan<- prometheus.Metric) {
	s, err := g.store.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(queueDepth, err)
		return
	}
	age := 0.0
	if s.Open > 0 {
		age = max(0, time.Since(s.Oldest).Seconds())
	}
	put(ch, queueDepth, float64(s.Open))
	put(ch, queueAge, age)
}

func (g gauges) apps(ch chan<- prometheus.Metric) {
	for _, s := range g.dispatcher.Status() {
		for _, r := range dispatch.Reasons {
			paused := 0.0
			if s.Reason == r {
				paused = 1
			}
			put(ch, appPaused, paused, s.App, string(r))
		}
		put(ch, appInFlight, float64(s.InFlight), s.App)
		if !s.LastSuccess.IsZero() {
			put(ch, appSuccess, seconds(s.LastSuccess), s.App)
		}
	}
	for app, client := range *g.clients.Load() {
		if ends := client.TokenEnds(); !ends.IsZero() {
			put(ch, tokenEnds, seconds(ends), app)
		}
	}
}

// limit is one that holds for a whole app.
type limit struct {
	app, name, key string
	most           int
}

func (g gauges) limits(ctx context.Context, ch chan<- prometheus.Metric) {
	cfg := g.plan.Load().Config
	today := time.Now().In(cfg.DingTalk.Location).Format(time.DateOnly)
	var all []limit
	var keys []string
	for i := range cfg.DingTalk.Apps {
		a := &cfg.DingTalk.Apps[i]
		all = append(all,
			limit{a.Name, "recipients_per_minute", dispatch.RecipientsKey(a.Name), a.Limits.RecipientsPerMinute},
			limit{a.Name, "calls_per_second", outbox.CallsKey(a.Name, dispatch.Method), a.Limits.CallsPerSecond},
			limit{a.Name, "everyone_per_day", dispatch.EveryoneKey(a.Name, today), a.Limits.EveryonePerDay})
	}
	for _, l := range all {
		keys = append(keys, l.key)
	}
	used, err := g.store.Used(ctx, keys...)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(limitUsed, err)
		return
	}
	for _, l := range all {
		put(ch, limitUsed, float64(used[l.key]), l.app, l.name)
		put(ch, limitMost, float64(l.most), l.app, l.name)
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// clients are those of the apps in force, by app.
type clients map[string]*dingtalk.Client
