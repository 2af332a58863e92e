package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// How long things may take. A bridge that is stopped in mid-transaction (SIGSTOP,
// a machine that hangs) loses its locks after patience, before the others give
// up waiting for them.
const (
	connectTime = 3 * time.Second
	acquireTime = 5 * time.Second  // until a connection is free, or made
	patience    = 3 * time.Second  // of the server with an idle transaction
	lockTime    = 6 * time.Second  // for one lock
	callTime    = 10 * time.Second // for one transaction
)

// maxConns is how many connections there are beside the listener's, where the
// URL does not say: callers wait for each other's locks anyway.
const maxConns = 8

// schemaName is where the tables are, unless the URL has a search_path.
const schemaName = "workbell"

// configure reads the URL and adds what it does not say.
func (s *Store) configure(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil { // its text may hold the password
		return nil, errors.New("opening the store: the URL cannot be read; write postgres://user:password@host:5432/database")
	}
	c := config.ConnConfig
	s.name = "postgres://" + net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
	s.secret = c.Password
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = maxConns
	}
	config.MaxConnIdleTime = cmp.Or(config.MaxConnIdleTime, time.Minute)
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTime
	}
	for name, value := range map[string]string{
		"application_name":                    "workbell",
		"enable_seqscan":                      "off", // a plan made while a table was small would be kept when it is large
		"jit":                                 "off",
		"search_path":                         schemaName,
		"lock_timeout":                        millisText(lockTime),
		"statement_timeout":                   millisText(callTime),
		"idle_in_transaction_session_timeout": millisText(patience),
	} {
		if _, said := c.RuntimeParams[name]; !said {
			c.RuntimeParams[name] = value
		}
	}
	return config, nil
}

func millisText(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// ownSchema is the schema to be made where the URL leaves the choice to workbell.
func (s *Store) ownSchema() string {
	if s.pool.Config().ConnConfig.RuntimeParams["search_path"] == schemaName {
		return schemaName
	}
	return ""
}

// scrub takes the password out of err, should it be there.
func (s *Store) scrub(err error) error {
	if err == nil || s.secret == "" || !strings.Contains(err.Error(), s.secret) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), s.secret, "<secret>"))
}

// The SQLSTATEs that are told apart.
const (
	deadlock      = "40P01" // two waited for each other, and this one was chosen to give way
	serialization = "40001"
	readOnly      = "25006" // a server that is not the primary any more
)

// sqlState is the server's code for err; empty where it did not answer with an
// error, as with a lost connection.
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// again says whether a transaction that failed so may well come off when it is
// run again at once. Nothing of it was kept.
func again(err error) bool {
	code := sqlState(err)
	return code == deadlock || code == serialization
}

// refusal is an answer to a call that is not the engine's failure.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// failed says what was being done when the engine failed.
func (s *Store) failed(doing string, err error) error {
	var r refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r):
		return r.error
	}
	return fmt.Errorf("%s in %s: %w", doing, s.name, s.scrub(err))
}
