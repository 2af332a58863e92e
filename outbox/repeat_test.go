package outbox

import (
	"testing"
	"time"
)

// However often a message was marked, Unmark returns it as it was rendered, and
// it leaves text that only resembles a mark.
func TestUnmark(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 14, 32, 0, 0, time.UTC)
	for _, content := range []string{"Disk full", "磁盘已满 😀", "fixes #2", "#2 · 14:32", "at 14:32", "a #2 · 14:32 b"} {
		m := Message{Repeat: Distinct, Body: []byte(`{"msgtype":"text","text":{"content":"` + content + `"}}`)}
		want := string(m.Body)
		for _, n := range []int{1, 2, 999_999} {
			m.Body, _ = Again(m, n, at, time.UTC)
			if got := string(Unmark(m.Body)); got != want {
				t.Errorf("%s: %s became %s", want, m.Body, got)
			}
		}
	}
}
