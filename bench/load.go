package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// payload is Alertmanager's webhook with two alerts, about 1 kB. The digits of
// each SERIAL are replaced for every request, so that none repeats another.
const payload = `{"receiver":"workbell","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"HighLatency","env":"prod","instance":"web-1:8080","service":"checkout","severity":"warning"},"annotations":{"summary":"p99 latency of checkout on web-1 is 2.31 s, order 0000000000"},"startsAt":"2026-11-22T03:04:05.678Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus.example:9090/graph?g0.expr=latency","fingerprint":"a1b20000000000"},{"status":"firing","labels":{"alertname":"HighLatency","env":"prod","instance":"web-2:8080","service":"checkout","severity":"warning"},"annotations":{"summary":"p99 latency of checkout on web-2 is 1.87 s"},"startsAt":"2026-11-22T03:04:35.678Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus.example:9090/graph?g0.expr=latency","fingerprint":"b1c20000000000"}],"groupLabels":{"alertname":"HighLatency"},"commonLabels":{"alertname":"HighLatency","env":"prod","service":"checkout","severity":"warning"},"commonAnnotations":{},"externalURL":"http://alertmanager.example:9093","version":"4","groupKey":"{}:{alertname=\"HighLatency\",n=\"0000000000\"}","truncatedAlerts":0}`

const serial = "0000000000"

var serials atomic.Int64

// request is one connection's request, whose serials are written in place.
type request struct {
	bytes []byte
	at    []int // offsets of the serials
}

func newRequest(host, path string) *request {
	r := &request{}
	r.bytes = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, host, len(payload), payload)
	for i := 0; ; i += len(serial) {
		n := bytes.Index(r.bytes[i:], []byte(serial))
		if n < 0 {
			return r
		}
		i += n
		r.at = append(r.at, i)
	}
}

func (r *request) next() []byte {
	n := strconv.AppendInt(nil, serials.Add(1)+1e9, 10)
	for _, i := range r.at {
		copy(r.bytes[i:], n[len(n)-len(serial):])
	}
	return r.bytes
}

// loaded is what a load came to.
type loaded struct {
	rate     float64 // answers of 2xx a second
	p50, p99 time.Duration
	failed   int // other answers
}

// load posts from conns connections for as long as given, and gives up on a
// connection that fails.
func load(address, path string, conns int, for_ time.Duration) (loaded, error) {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		all    []time.Duration
		failed int
		errs   []error
	)
	began := time.Now()
	deadline := began.Add(for_)
	for range conns {
		wg.Go(func() {
			took, bad, err := post(address, path, deadline)
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, took...), failed+bad
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	l := loaded{rate: float64(len(all)) / time.Since(began).Seconds(), failed: failed}
	l.p50, l.p99 = percentiles(all)
	return l, errors.Join(errs...)
}

func percentiles(all []time.Duration) (p50, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

// post sends one request after another over one connection, and one at least,
// until deadline. It is as lean as
// can be, since it runs on the cores that are measured.
func post(address, path string, deadline time.Time) (took []time.Duration, failed int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(deadline.Add(10 * time.Second)); err != nil {
		return nil, 0, err
	}
	took = make([]time.Duration, 0, 1<<14)
	req, r := newRequest(address, path), bufio.NewReader(conn)
	for began := time.Now(); ; began = time.Now() {
		if _, err := conn.Write(req.next()); err != nil {
			return took, failed, fmt.Errorf("posting: %w", err)
		}
		code, err := readAnswer(r)
		switch {
		case err != nil:
			return took, failed, fmt.Errorf("reading an answer: %w", err)
		case code/100 == 2:
			took = append(took, time.Since(began))
		default:
			failed++
		}
		if time.Now().After(deadline) {
			return took, failed, nil
		}
	}
}

func readAnswer(r *bufio.Reader) (code int, err error) {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		switch {
		case first && len(line) > 12:
			code, _ = strconv.Atoi(string(line[9:12]))
		case len(line) <= 2:
			_, err := r.Discard(length)
			return code, err
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			length, _ = strconv.Atoi(string(bytes.TrimSpace(line[16:])))
		case bytes.HasPrefix(line, []byte("Transfer-Encoding")):
			return 0, io.ErrUnexpectedEOF
		}
	}
}
