package postgres

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// askClock reads the database's clock when it is sent: after the locks have
// been taken that what is decided by it depends on.
func (t *tx) askClock() {
	before := time.Now()
	t.ask(func(r pgx.Rows) error {
		err := r.Scan(&t.at)
		t.at = t.at.UTC()
		t.now = t.at.UnixMilli()
		t.ahead = max(before.Sub(t.at), 0) + min(time.Since(t.at), 0)
		return err
	}, "SELECT clock_timestamp()")
}

// sameTime refuses to go on while this machine's clock is too far from the
// database's, as far as the time that asking took allows to tell. The clock has
// been asked for.
func (t *tx) sameTime() error {
	limit := t.opts.ClockTolerance
	if limit == 0 || t.ahead.Abs() <= limit {
		return nil
	}
	more := "more"
	if t.ahead < 0 {
		more = "less"
	}
	return refusal{fmt.Errorf("this machine's clock shows %s %s than the database's, where %s is allowed: set the one that is wrong (NTP); until then this bridge neither accepts nor sends",
		t.ahead.Abs().Round(time.Second), more, limit)}
}
