package bridge

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// TestPruneBySize: history that is young enough goes as well, the oldest first,
// once the store is too large, and no more of it than that; what is open stays.
func TestPruneBySize(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b := &Bridge{store: s, o: Options{Retention: Retention, RetentionSize: 4 << 20}}
	payload := []byte(`"` + strings.Repeat("x", 1<<10) + `"`)
	entry := func(age time.Duration) outbox.Entry {
		return outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Payload: payload, Received: time.Now().Add(-age)}}
	}
	open := entry(48 * time.Hour)
	open.Messages = []outbox.Message{{Rule: "r", App: "ops", Msgtype: "text", Body: []byte(`{"msgtype":"text","text":{"content":"x"}}`),
		Calls: []message.Recipients{{Users: []string{"u1"}}}}}
	entries := []outbox.Entry{open}
	const many = 8000
	for i := range many {
		entries = append(entries, entry(24*time.Hour-time.Duration(i)*time.Second))
	}
	entries = append(entries, entry(time.Minute))
	if _, err := s.Enqueue(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for ; ; steps++ {
		n, err := b.pruneStep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n < pruneSteps {
			break
		}
	}
	size, err := s.Size(t.Context())
	if err != nil || size > b.o.RetentionSize || size < b.o.RetentionSize/2 {
		t.Errorf("after %d steps %d bytes are kept: %v", steps, size, err)
	}
	for id, gone := range map[int64]bool{1: false, 2: true, many + 1: false, many + 2: false} {
		if _, err := s.Event(t.Context(), id); (err != nil) != gone {
			t.Errorf("event %d: %v", id, err)
		}
	}
}
