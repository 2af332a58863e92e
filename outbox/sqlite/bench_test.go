package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
)

// benchEntry is an event as the Alertmanager source makes them: 1 kB of
// payload, one message of 700 bytes to two people.
func benchEntry(n int64) outbox.Entry {
	id := strconv.FormatInt(n, 10)
	return outbox.Entry{
		Event: outbox.Event{
			Source: "alertmanager", Kind: "alertmanager", Key: "alertmanager/" + id, KeyTTL: 2 * time.Minute,
			Status: "firing", Severity: "critical", Title: "High latency on instance " + id,
			GroupKey: "{}:{alertname=\"HighLatency\"}" + strconv.FormatInt(n%benchGroups, 10),
			Headers:  map[string]string{"Content-Type": "application/json", "User-Agent": "Alertmanager/0.31.1"},
			Payload:  fmt.Appendf(nil, `{"n":%d,"pad":"%01000d"}`, n, 0),
		},
		Messages: []outbox.Message{{
			Rule: "critical", App: "ops", Msgtype: "oa", Priority: outbox.High, Group: "ops/alertmanager/" + strconv.FormatInt(n%benchGroups, 10),
			Body:   fmt.Appendf(nil, `{"msgtype":"text","text":{"content":"%d %0600d"}}`, n, 0),
			Calls:  []message.Recipients{{Users: []string{"u1", "u2"}}},
			Repeat: outbox.Distinct, OnResolve: "send", Track: "none", Expires: time.Now().Add(24 * time.Hour),
		}},
	}
}

// benchGroups is how many groups the events fall into.
const benchGroups = 500

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), Options{Path: filepath.Join(b.TempDir(), "bench.db"), MaxBacklog: 1 << 40})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkEnqueue measures events kept a second and processor time for each,
// with so many callers who each wait until theirs is on disk. With
// WORKBELL_BENCH_FILL=1000000 the store holds so many deliveries before.
func BenchmarkEnqueue(b *testing.B) {
	fill, _ := strconv.ParseInt(os.Getenv("WORKBELL_BENCH_FILL"), 10, 64)
	for _, callers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := benchStore(b)
			fillStore(b, s, fill)
			var n atomic.Int64
			n.Store(fill)
			b.ResetTimer()
			before := processorTime()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for {
						i := n.Add(1)
						if i > fill+int64(b.N) {
							return
						}
						if _, err := s.Enqueue(context.Background(), []outbox.Entry{benchEntry(i)}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64((processorTime()-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/event")
		})
	}
}

func fillStore(b *testing.B, s *Store, n int64) {
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

func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
