// Package pgtest runs a PostgreSQL server of its own for tests: one that can be
// stopped in the middle of work.
//
// In comes nothing but PostgreSQL's programs; out go databases that vanish with
// the server. It uses none that runs already.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server on a socket in a folder of its own. It syncs
// what it commits.
type Server struct {
	dir     string // data, socket and log
	bin     string
	account *syscall.Credential // whom it runs as, where that is not us
	cmd     *exec.Cmd
}

// Start makes a server and starts it. It needs PostgreSQL's programs in PATH or
// where Debian puts them.
func Start() (*Server, error) {
	s := &Server{}
	var err error
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "workbell-pg-"); err != nil { // short: a socket's path has 107 bytes
		return nil, err
	}
	if err := s.make(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) make() error {
	if err := s.chooseAccount(); err != nil {
		return err
	}
	out, err := s.command("initdb", "--pgdata="+s.data(), "--username=workbell", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s.Run()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// chooseAccount has the server run as another where we are root, whom it refuses.
func (s *Server) chooseAccount() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		s.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(s.dir, int(uid), int(gid)) // #nosec G115 -- 32 bits
	}
	return errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, program), args...) // #nosec G204 -- PostgreSQL's own
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// Run starts the server after Stop, and returns once it answers.
func (s *Server) Run() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.cmd = s.command("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=on",
		"-c", "max_connections=300", "-c", "shared_buffers=32MB")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	if err = until(func() error { return s.exec("postgres", "SELECT 1") }); err == nil {
		return nil
	}
	text, _ := os.ReadFile(log.Name())
	return fmt.Errorf("PostgreSQL does not answer: %w; its log:\n%s", err, bytes.TrimSpace(text))
}

// until tries do until it comes off, or half a minute is over.
func until(do func() error) (err error) {
	for range 600 {
		if err = do(); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// Stop ends the server at once, as a crash would (immediate mode).
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait() // it was told to
	s.cmd = nil
	return err
}

// Close ends the server and removes what it kept.
func (s *Server) Close() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.dir))
}

// Create makes a database as a copy of another ("template1", to begin with), and
// returns its URL.
func (s *Server) Create(name, template string) (string, error) {
	err := s.exec("postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", pgx.Identifier{name}.Sanitize(), pgx.Identifier{template}.Sanitize()))
	return s.URL(name), err
}

// URL is that of a database.
func (s *Server) URL(name string) string {
	return "postgres://workbell@/" + name + "?host=" + url.QueryEscape(s.dir)
}

func (s *Server) exec(database, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}

// programs finds the folder of initdb and postgres.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // no such pattern is malformed
	slices.Reverse(found)
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			found = append(found, real)
		}
	}
	for _, path := range found {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), "initdb")); err == nil {
			return filepath.Dir(path), nil
		}
	}
	return "", errors.New("PostgreSQL is not installed; make deps does that")
}
