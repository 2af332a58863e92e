package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/postgres"
)

// benchEntry is an event as the Alertmanager source makes them: 1 kB of
// payload, one message of 700 bytes to two people.
func benchEntry(n int64) outbox.Entry {
	id, group := strconv.FormatInt(n, 10), strconv.FormatInt(n%500, 10)
	return outbox.Entry{
		Event: outbox.Event{
			Source: "alertmanager", Kind: "alertmanager", Key: "alertmanager/" + id, KeyTTL: 2 * time.Minute,
			Status: "firing", Severity: "critical", Title: "High latency on instance " + id, GroupKey: "{}:{alertname=\"HighLatency\"}" + group,
			Headers: map[string]string{"Content-Type": "application/json", "User-Agent": "Alertmanager/0.31.1"},
			Payload: fmt.Appendf(nil, `{"n":%d,"pad":"%01000d"}`, n, 0),
		},
		Messages: []outbox.Message{{
			Rule: "critical", App: "ops", Msgtype: "oa", Priority: outbox.High, Group: "ops/alertmanager/" + group,
			Body:   fmt.Appendf(nil, `{"msgtype":"text","text":{"content":"%d %0600d"}}`, n, 0),
			Calls:  []message.Recipients{{Users: []string{"u1", "u2"}}},
			Repeat: outbox.Distinct, OnResolve: "send", Track: "none", Expires: time.Now().Add(24 * time.Hour),
		}},
	}
}

// BenchmarkEnqueue measures events kept a second, with so many callers who each
// wait until theirs is on disk, and what one costs: processor time of the server
// and of this process, bytes of the write-ahead log, transactions. The first is
// worth little where other work shares the cores; the others hold there, too.
// With WORKBELL_BENCH_FILL=1000000 the store holds so many deliveries before.
func BenchmarkEnqueue(b *testing.B) {
	fill, _ := strconv.ParseInt(os.Getenv("WORKBELL_BENCH_FILL"), 10, 64)
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			url, err := server.Create(fmt.Sprint("bench", databases.Add(1)), "template1")
			if err != nil {
				b.Fatal(err)
			}
			s, err := postgres.Open(b.Context(), postgres.Options{URL: url, MaxBacklog: 1 << 40})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			fillStore(b, s, fill)
			m := startMeter(b, url)
			b.ResetTimer()
			enqueueAll(b, s, callers, fill)
			b.StopTimer()
			m.report(b)
		})
	}
}

func enqueueAll(b *testing.B, s *postgres.Store, callers int, after int64) {
	var n atomic.Int64
	n.Store(after)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := n.Add(1); i <= after+int64(b.N); i = n.Add(1) {
				if _, err := s.Enqueue(context.Background(), []outbox.Entry{benchEntry(i)}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// meter reads what has been used since it was started.
type meter struct {
	conn        *pgx.Conn
	server, own time.Duration
	wal, xacts  int64
}

func startMeter(b *testing.B, url string) *meter {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(context.Background()) })
	m := &meter{conn: conn}
	m.read(b)
	return m
}

func (m *meter) read(b *testing.B) {
	b.Helper()
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	if err == nil {
		m.own = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		m.server, err = server.CPU()
	}
	if err == nil { // the number of a transaction is given to each that writes
		err = m.conn.QueryRow(b.Context(), "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint").Scan(&m.wal, &m.xacts)
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (m *meter) report(b *testing.B) {
	b.Helper()
	was, n := *m, float64(b.N)
	m.read(b)
	b.ReportMetric(n/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((m.server-was.server).Microseconds())/n, "server-µs/event")
	b.ReportMetric(float64((m.own-was.own).Microseconds())/n, "client-µs/event")
	b.ReportMetric(float64(m.wal-was.wal)/n, "WAL-B/event")
	b.ReportMetric(n/float64(m.xacts-was.xacts), "events/commit")
}

func fillStore(b *testing.B, s *postgres.Store, n int64) {
	b.Helper()
	for i := int64(0); i < n; {
		var entries []outbox.Entry
		for ; i < n && len(entries) < 2000; i++ {
			entries = append(entries, benchEntry(i+1))
		}
		if _, err := s.Enqueue(context.Background(), entries); err != nil {
			b.Fatal(err)
		}
	}
}
