package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
// wait until theirs is on disk. With WORKBELL_BENCH_FILL=1000000 the store holds
// so many deliveries before.
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
			var n atomic.Int64
			n.Store(fill)
			b.ResetTimer()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for i := n.Add(1); i <= fill+int64(b.N); i = n.Add(1) {
						if _, err := s.Enqueue(context.Background(), []outbox.Entry{benchEntry(i)}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
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
