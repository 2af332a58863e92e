package followup

import (
	"testing"
	"time"
)

// TestRestIsOver: where an app comes back while one of its follow-ups is put off,
// since it was gone, its lane goes on at once.
func TestRestIsOver(t *testing.T) {
	t.Parallel()
	l := &lane{wake: make(chan struct{}, 1)}
	l.rest()
	if !l.quiet.After(time.Now()) {
		t.Error("the lane of an app that is gone does not rest")
	}
	l.configure(App{Client: struct{ Client }{}})
	l.rest()
	if !l.quiet.IsZero() {
		t.Errorf("the lane of an app that has come back rests until %v", l.quiet)
	}
}
