package pgtest

import (
	"errors"
	"fmt"
	"os"
)

// Standby makes a server that follows s, of what s holds now and will, and starts
// it. From then on s commits nothing that the standby has not on its disk.
func (s *Server) Standby() (*Server, error) {
	b := &Server{bin: s.bin, account: s.account}
	var err error
	if b.dir, err = os.MkdirTemp("", "workbell-pg-"); err != nil {
		return nil, err
	}
	if err := b.follow(s); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (s *Server) follow(primary *Server) error {
	if err := s.chooseAccount(); err != nil {
		return err
	}
	out, err := s.command("pg_basebackup", "--pgdata="+s.data(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
		"--host="+primary.dir, "--username=workbell").CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	if err := s.Run(); err != nil {
		return err
	}
	if err := primary.exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'"); err != nil { // before, the copy would have it
		return err
	}
	if err := primary.exec("postgres", "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	return until(func() error { // 1/0 is an error
		return primary.exec("postgres", "SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
	})
}

// Promote makes a standby a server of its own, and returns once it takes writes.
func (s *Server) Promote() error { return s.exec("postgres", "SELECT pg_promote()") }

// Either is the URL of a database on whichever of two servers takes writes.
func (s *Server) Either(other *Server, name string) string {
	return s.URL(name) + "," + other.dir + "&target_session_attrs=read-write"
}
