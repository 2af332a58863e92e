package outbox

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n      int
		jitter float64
		want   time.Duration
	}{
		{0, 0, 500 * time.Millisecond},
		{1, 0, 500 * time.Millisecond},
		{1, 0.5, 750 * time.Millisecond},
		{2, 0, time.Second},
		{4, 0.5, 6 * time.Second},
		{6, 0, 15 * time.Second},
		{1000, 0.5, 22500 * time.Millisecond},
	} {
		if got := Backoff(c.n, time.Second, 30*time.Second, c.jitter); got != c.want {
			t.Errorf("Backoff(%d, 1s, 30s, %v) = %v, want %v", c.n, c.jitter, got, c.want)
		}
	}
}
