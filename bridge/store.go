package bridge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// openStore opens the engine that storage names: "sqlite:FILE".
func openStore(ctx context.Context, storage string, maxBacklog int, zone *time.Location) (outbox.Store, error) {
	switch scheme, rest, _ := strings.Cut(storage, ":"); scheme {
	case "sqlite":
		return sqlite.Open(ctx, sqlite.Options{Path: rest, MaxBacklog: maxBacklog, Zone: zone})
	case "postgres", "postgresql":
		return nil, fmt.Errorf("--storage: PostgreSQL is not supported by this version; write sqlite:FILE")
	default:
		return nil, fmt.Errorf("--storage: %q names no engine; write sqlite:FILE", scheme)
	}
}
