package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// million measures a store that holds many deliveries against an empty one: how
// soon it is ready, and what it accepts.
func (b *bench) million(n int) error {
	if n == 0 {
		return nil
	}
	full := filepath.Join(b.dir, "full.db")
	began := time.Now()
	if err := fill(full, n); err != nil {
		return fmt.Errorf("filling a store with %d deliveries: %w", n, err)
	}
	filled := time.Since(began)
	var rates [2]float64
	for i, storage := range []string{"sqlite:" + filepath.Join(b.dir, "empty.db"), "sqlite:" + full} {
		syscall.Sync() // what was filled goes to disk now, not while that is measured
		p, ready, err := startOften(func() (*process, error) { return b.bridgeOn(storage, b.rulesFile(twoRules)) })
		if err != nil {
			return err
		}
		if i == 1 {
			b.pages(p, n)
		}
		got, err := load(p.address, "/hooks/am", 64, b.seconds)
		p.stop()
		if err != nil {
			return err
		}
		rates[i] = got.rate
		if i == 1 {
			b.add(fmt.Sprintf("start to ready with %d deliveries (filled in %s)", n, filled.Round(time.Second)), "under 200 ms", "%s", ready)
			b.add(fmt.Sprintf("accepted with %d deliveries, 64 connections", n), "0.95 of empty", "%.0f/s, %.2f of the %.0f/s when empty", got.rate, rates[1]/rates[0], rates[0])
		}
	}
	return nil
}

// pages measures how long the console's pages take, each the first time, when it
// is parsed, and then some times more.
func (b *bench) pages(p *process, n int) {
	var all []time.Duration
	var slowest time.Duration
	worst := ""
	for _, path := range []string{"/", "/?state=expired", "/?state=failed", "/?rule=others&source=am", "/?group=group+77", "/?group=group+77&state=dead", "/?group=none",
		"/?before=" + strconv.Itoa(n/2), "/?q=alert+7", "/?person=u3", "/?person=nobody", "/deliveries/" + strconv.Itoa(n/2), "/why", "/playground", "/overview"} {
		for range 20 {
			took, err := page("http://" + p.admin + path)
			if err != nil {
				b.add("console's pages with "+strconv.Itoa(n)+" deliveries", "under 50 ms", "%v", err)
				return
			}
			if all = append(all, took); took > slowest {
				slowest, worst = took, path
			}
		}
	}
	p50, p99 := percentiles(all)
	b.add("console's pages with "+strconv.Itoa(n)+" deliveries, filtered and not", "under 50 ms", "p50 %.1f ms, p99 %.1f ms, slowest %.1f ms (%s)", ms(p50), ms(p99), ms(slowest), worst)
}

func page(url string) (time.Duration, error) {
	began := time.Now()
	res, err := http.Get(url) //nolint:gosec // the bench's own bridge
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, res.Status)
	}
	return time.Since(began), err
}

// fill keeps n deliveries that have ended, each an event's only one.
func fill(path string, n int) (err error) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path, MaxBacklog: n + 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	text := strings.Repeat("x", 600)
	const lot = 2000
	for from := 0; from < n; from += lot {
		entries := make([]outbox.Entry, min(lot, n-from))
		for i := range entries {
			at := time.Now().Add(-time.Hour)
			entries[i] = outbox.Entry{
				Event: outbox.Event{Source: "am", Kind: "alertmanager", Title: "an alert", GroupKey: fmt.Sprint("group ", (from+i)%1000), Payload: []byte(payload), Received: at},
				Messages: []outbox.Message{{Rule: "others", App: "bench", Msgtype: "markdown", Repeat: outbox.Distinct, OnResolve: "send", Track: "none",
					Body:  fmt.Appendf(nil, `{"msgtype":"markdown","markdown":{"title":"alert %d","text":"%s"}}`, from+i, text),
					Calls: []message.Recipients{{Users: []string{"u1", "u2", "u3"}}}, Expires: at}},
			}
		}
		if _, err := s.Enqueue(ctx, entries); err != nil {
			return err
		}
		if _, _, err := s.Expire(ctx, lot); err != nil { // all of them: they expired an hour ago
			return err
		}
	}
	return nil
}
