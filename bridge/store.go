package bridge

import (
	"context"
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
		return postgres.Open(ctx, postgres.Options{URL: storage, MaxBacklog: maxBacklog, Zone: zone, ClockTolerance: clockTolerance})
	default:
		return nil, fmt.Errorf("--storage: %q names no engine; write sqlite:FILE or postgres://user:password@host/database", scheme)
	}
}
