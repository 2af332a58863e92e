package routes

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"workbell/config"
	"workbell/outbox"
	"workbell/source"
	"workbell/transform"
)

// crashing is a store whose database goes away while it keeps an event.
type crashing struct{ outbox.Store }

// Enqueue fails as pgx does when the connection ends in the middle.
func (crashing) Enqueue(context.Context, []outbox.Entry) ([]outbox.Kept, error) {
	return nil, fmt.Errorf("keeping an event: %w", io.ErrUnexpectedEOF)
}

// TestUnexpectedEOF tells a body that was cut short, which is the sender's, from
// a database that went away, after which the sender has to try again.
func TestUnexpectedEOF(t *testing.T) {
	t.Parallel()
	src, err := source.New(source.Spec{Name: "any", Kind: source.JSON})
	if err != nil {
		t.Fatal(err)
	}
	tr, faults := transform.Load(&config.Config{}, fstest.MapFS{})
	if tr == nil {
		t.Fatal(faults)
	}
	var hooks http.Handler
	newRig(t, func(o *Options) {
		o.Plan.Store(&Plan{Sources: map[string]*source.Source{"any": src}, Transform: tr, Config: &config.Config{}})
		o.Store, o.Webhook = crashing{o.Store}, func(string, int, time.Duration) {}
		hooks = Hooks(*o)
	})
	for name, c := range map[string]struct {
		length int64
		code   int
	}{
		"cut short":             {100, http.StatusBadRequest},
		"the database is gone":  {2, http.StatusServiceUnavailable},
		"of an unstated length": {-1, http.StatusServiceUnavailable},
	} {
		req := httptest.NewRequest(http.MethodPost, "/hooks/any", strings.NewReader("{}"))
		req.Header.Set("Content-Type", "application/json")
		req.ContentLength = c.length
		w := httptest.NewRecorder()
		hooks.ServeHTTP(w, req)
		if w.Code != c.code {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
