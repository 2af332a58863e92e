package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"workbell/outbox/postgres"
	"workbell/outbox/sqlite"
)

type migrateCmd struct {
	From string `required:"" placeholder:"sqlite:FILE" help:"What to read. No bridge may have it open."`
	To   string `required:"" placeholder:"postgres://…" help:"What to fill: an empty database, or one that was filled in part from the same file."`
}

// atOnce is how many events are moved in one transaction.
const atOnce = 500

// Run moves history, quotas and queue. When it is stopped it goes on where it was
// when it is run again.
func (c *migrateCmd) Run(ctx context.Context, env Env) (err error) {
	file, ok := strings.CutPrefix(c.From, "sqlite:")
	if !ok || !exists(file) {
		return wrongUse("--from=%s is not there; write sqlite:FILE", c.From)
	}
	if !strings.HasPrefix(c.To, "postgres://") && !strings.HasPrefix(c.To, "postgresql://") {
		return wrongUse("--to names no PostgreSQL database; write postgres://user:password@host/database")
	}
	from, err := sqlite.Open(ctx, sqlite.Options{Path: file})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := postgres.Open(ctx, postgres.Options{URL: c.To, Filling: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return move(ctx, env, from, to)
}

func move(ctx context.Context, env Env, from *sqlite.Store, to *postgres.Store) error {
	marks, err := from.Marks(ctx)
	if err != nil {
		return err
	}
	shared, err := from.MoveShared(ctx)
	if err != nil {
		return err
	}
	after, err := to.FillFrom(ctx, marks, shared)
	if err != nil {
		return err
	}
	show := progress(env, marks.LastEvent)
	for {
		chunk, last, err := from.MoveEvents(ctx, after, atOnce)
		if err != nil {
			return err
		}
		if last == 0 {
			break
		}
		if err := to.Fill(ctx, chunk, last); err != nil {
			return err
		}
		after = last
		show(after)
	}
	if err := to.Filled(ctx); err != nil {
		return err
	}
	stats, err := to.Stats(ctx)
	if err != nil {
		return err
	}
	all := 0
	for _, n := range stats.States {
		all += n
	}
	say(env.Stdout, "moved: %s deliveries, of which %s are still to be sent; start bridges with --storage naming the database, and not on the file again",
		humanize.Comma(int64(all)), humanize.Comma(int64(stats.Open)))
	return nil
}

// progress returns what shows how far it has come, on a terminal, ten times a
// second at most.
func progress(env Env, last int64) func(int64) {
	f, ok := env.Stderr.(*os.File)
	if !ok {
		return func(int64) {}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func(int64) {}
	}
	var shown time.Time
	return func(at int64) {
		if at < last && time.Since(shown) < 100*time.Millisecond {
			return
		}
		shown = time.Now()
		_, _ = fmt.Fprintf(f, "\r%s of %s events", humanize.Comma(at), humanize.Comma(last))
		if at >= last {
			_, _ = fmt.Fprintln(f)
		}
	}
}
