package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where stores on one database tell each other that something may
// have become due. The payload is the holder that says so, who knows already.
const channel = "workbell"

// pollTime is how long nobody need have been told for a store to look itself:
// whether it still hears, and, while it does not, for work.
const pollTime = time.Second

// listen rings Wake for what other stores tell, until ctx ends. Where it cannot
// hear (a connection that is lost, a pooler that does not pass it on) it rings
// every pollTime. c is its first connection.
func (s *Store) listen(ctx context.Context, config *pgx.ConnConfig, c *pgx.Conn) {
	defer close(s.listening)
	var err error
	for {
		if c != nil {
			err = s.hear(ctx, c)
			hangUp(ctx, c)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			ring(s.wake)
			select {
			case <-time.After(pollTime):
			case <-ctx.Done():
			}
		}
		c, err = s.connect(ctx, config)
	}
}

func (s *Store) connect(ctx context.Context, config *pgx.ConnConfig) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, acquireTime)
	defer cancel()
	c, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	if _, err := c.Exec(ctx, "LISTEN "+channel); err != nil {
		hangUp(ctx, c)
		return nil, err
	}
	ring(s.wake) // for what was missed until now
	return c, nil
}

// hangUp closes a connection that is broken or not needed any more.
func hangUp(ctx context.Context, c *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTime)
	defer cancel()
	_ = c.Close(ctx)
}

// hear passes on what comes, until the connection fails or does not hear.
func (s *Store) hear(ctx context.Context, c *pgx.Conn) error {
	own := strconv.FormatInt(s.holder, 10)
	for {
		n, err := waitFor(ctx, c)
		switch {
		case ctx.Err() != nil || err != nil:
			return err
		case n == "":
			if err := hears(ctx, c); err != nil {
				return err
			}
		case n != own:
			ring(s.wake)
		}
	}
}

// waitFor returns what was told within pollTime; empty: nothing was.
func waitFor(ctx context.Context, c *pgx.Conn) (string, error) {
	short, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	n, err := c.WaitForNotification(short)
	switch {
	case err == nil:
		return n.Payload, nil
	case short.Err() != nil && !c.IsClosed():
		return "", nil
	}
	return "", err
}

// hears asks the server whether it would tell.
func hears(ctx context.Context, c *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM pg_listening_channels()").Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return errors.New("it does not listen")
	}
	return nil
}
