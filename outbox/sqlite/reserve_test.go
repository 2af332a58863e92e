package sqlite

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"workbell/outbox"
)

// TestLedgersStaySmall counts the rows that quotas take: one for all that is
// taken of a key until the same time, and none once nothing counts.
func TestLedgersStaySmall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Options{Path: path})
		day := time.Now().Add(24 * time.Hour)
		quotas := []outbox.Quota{
			{Key: "calls", N: 1, Window: time.Second, Call: true}, {Key: "people", N: 2, Window: time.Minute},
			{Key: "u1", N: 1, Until: day}, {Key: "u2", N: 1, Until: day, Call: true}, {Key: "none", N: 1, Until: time.Now()},
		}
		const attempts = 40
		_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(1)})
		ok(t, err)
		for n := range attempts {
			due, _, err := s.Claim(t.Context(), "ops", 1, 0)
			ok(t, err)
			_, err = s.Reserve(t.Context(), due[0].Lease(), quotas)
			ok(t, err)
			result := &outbox.Result{Outcome: []outbox.Outcome{outbox.Accepted, outbox.Rejected, outbox.Unknown, outbox.Unsent}[n%4]}
			ok(t, s.Update(t.Context(), outbox.Update{Lease: due[0].Lease(), State: outbox.Queued, Attempt: result}))
		}
		ledger := func(want int64) {
			t.Helper()
			ok(t, s.run(t.Context(), "looking", 0, func(tx *tx) error {
				r, _, err := tx.conn.one("SELECT count(*) FROM taken")
				if err == nil && r[0] != want {
					t.Errorf("the ledgers have %d rows, want %d", r[0], want)
				}
				return err
			}))
		}
		ledger(attempts + attempts/2 + 2) // calls, half of people given back, and one for each of u1 and u2
		time.Sleep(time.Minute)
		_, err = s.Prune(t.Context(), time.Now(), 1)
		ok(t, err)
		ledger(2)
		time.Sleep(24 * time.Hour)
		_, err = s.Prune(t.Context(), time.Now(), 1)
		ok(t, err)
		ledger(0)
	})
}
