package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workbell/config"
	"workbell/outbox"
)

// marks are what the store knows of heartbeats, as facts: of each the last beat,
// and the absence that has been noticed; and the names of all.
type marks struct{ store outbox.Store }

// mark is a beat, or of an absence the beat that none followed.
type mark struct {
	At    time.Time `json:"at"`
	Never bool      `json:"never,omitempty"` // no beat has come yet; At is when a bridge began to listen
	Told  bool      `json:"told,omitempty"`  // of an absence: its event is kept
}

// namesKey is the fact of the names of all heartbeats that facts are kept of.
const namesKey = "heartbeats"

func beatKey(name string) string { return "heartbeat/" + name }
func awayKey(name string) string { return "heartbeat-away/" + name }

// known returns the last beat, and the absence, nil where there is none. Of a
// heartbeat that nothing is known of it keeps that a bridge listens since then.
func (k marks) known(ctx context.Context, name string, since time.Time) (beat mark, away *mark, err error) {
	facts, err := k.store.Facts(ctx, beatKey(name), awayKey(name))
	if err != nil {
		return beat, nil, err
	}
	if f, is := facts[awayKey(name)]; is {
		away = &mark{}
		if err := json.Unmarshal(f.Value, away); err != nil {
			return beat, nil, fmt.Errorf("reading the absence of heartbeat %q: %w", name, err)
		}
	}
	f, is := facts[beatKey(name)]
	if !is {
		beat = mark{At: since, Never: true}
		if kept, err := k.learn(ctx, beatKey(name), beat, true); kept || err != nil {
			return beat, away, err
		}
		return k.known(ctx, name, since) // another bridge was first
	}
	if err := json.Unmarshal(f.Value, &beat); err != nil {
		return beat, nil, fmt.Errorf("reading the last beat of heartbeat %q: %w", name, err)
	}
	return beat, away, nil
}

// learn keeps a fact, with ifNew only where there is none; see outbox.Store.
func (k marks) learn(ctx context.Context, key string, value any, ifNew bool) (kept bool, err error) {
	text, err := json.Marshal(value)
	if err != nil {
		return false, err
	}
	return k.store.Learn(ctx, outbox.Fact{Key: key, Value: text}, ifNew)
}

// only forgets what is known of heartbeats that are not in the list any more.
func (k marks) only(ctx context.Context, list []*config.Source) error {
	facts, err := k.store.Facts(ctx, namesKey)
	if err != nil {
		return err
	}
	var before, gone []string
	if f, is := facts[namesKey]; is {
		if err := json.Unmarshal(f.Value, &before); err != nil {
			return fmt.Errorf("reading the names of heartbeats: %w", err)
		}
	}
	names := []string{}
	for _, s := range list {
		names = append(names, s.Name)
	}
	for _, name := range before {
		if !slices.Contains(names, name) {
			gone = append(gone, beatKey(name), awayKey(name))
		}
	}
	if slices.Equal(before, names) {
		return nil
	}
	if err := k.store.Forget(ctx, gone...); err != nil {
		return err
	}
	_, err = k.learn(ctx, namesKey, names, false)
	return err
}

// heartbeats are read from the store, which all bridges share.
func (g gauges) heartbeats(ctx context.Context, ch chan<- prometheus.Metric) {
	list := heartbeatsOf(g.plan.Load().Config)
	keys := make([]string, 0, 2*len(list))
	for _, s := range list {
		keys = append(keys, beatKey(s.Name), awayKey(s.Name))
	}
	facts, err := g.store.Facts(ctx, keys...)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(beatLast, err)
		return
	}
	for _, s := range list {
		var beat mark
		if json.Unmarshal(facts[beatKey(s.Name)].Value, &beat) == nil && !beat.Never {
			put(ch, beatLast, seconds(beat.At), s.Name)
		}
		away := 0.0
		if _, is := facts[awayKey(s.Name)]; is {
			away = 1
		}
		put(ch, beatAway, away, s.Name)
	}
}
