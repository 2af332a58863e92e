package sqlite_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"workbell/outbox"
	"workbell/outbox/outboxtest"
	"workbell/outbox/sqlite"
)

func TestContract(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, inFakeTime)
}

// inFakeTime runs a test on a file of its own, in a bubble where time passes
// only while all wait.
func inFakeTime(t *testing.T, test func(*testing.T, outboxtest.Data)) {
	path := filepath.Join(t.TempDir(), "outbox.db")
	synctest.Test(t, func(t *testing.T) {
		test(t, outboxtest.Data{Now: time.Now, Pass: time.Sleep, Open: func(t *testing.T, o outboxtest.Options) outbox.Store {
			t.Helper()
			s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Zone: o.Zone, MaxBacklog: o.MaxBacklog})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}})
	})
}
