package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"workbell/outbox"
	"workbell/outbox/postgres"
	"workbell/outbox/sqlite"
)

// clockTolerance is how far this machine's clock may be from the database's.
// What a bridge itself decides by the time (which day's quota a call counts
// against, whether a message has expired) must agree with the others'.
const clockTolerance = time.Minute

// openStore opens the engine that storage names: "sqlite:FILE" or
// "postgres://…".
func openStore(ctx context.Context, storage string, maxBacklog int, zone *time.Location) (outbox.Store, error) {
	switch scheme, rest, _ := strings.Cut(storage, ":"); scheme {
	case "sqlite":
		return sqlite.Open(ctx, sqlite.Options{Path: rest, MaxBacklog: maxBacklog, Zone: zone})
	case "postgres", "postgresql":
		s, err := postgres.Open(ctx, postgres.Options{URL: storage, MaxBacklog: maxBacklog, Zone: zone})
		if err != nil {
			return nil, err
		}
		if err := sameTime(ctx, s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	default:
		return nil, fmt.Errorf("--storage: %q names no engine; write sqlite:FILE or postgres://user:password@host/database", scheme)
	}
}

// sameTime refuses a clock that is wrong.
func sameTime(ctx context.Context, s *postgres.Store) error {
	ahead, err := s.ClockAhead(ctx)
	if err == nil && ahead.Abs() > clockTolerance {
		err = fmt.Errorf("this machine's clock shows %s more than the database's; set the one that is wrong", ahead.Round(time.Second))
	}
	return err
}
