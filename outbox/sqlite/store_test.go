package sqlite

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"workbell/outbox"
)

// open opens a store, on a file of its own where none is named, and closes it
// when the test ends, if the test has not.
func open(t *testing.T, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "outbox.db")
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, outbox.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

// reopen closes a store and opens it again.
func reopen(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.opts)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOneProcessHasTheFile(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	_, err := Open(t.Context(), Options{Path: s.opts.Path})
	if err == nil || !strings.Contains(err.Error(), "stop that one, or use another --storage") || !strings.Contains(err.Error(), s.opts.Path) {
		t.Errorf("a second Open: got error %v, want one that names the file and the remedy", err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("the first, after a second Open: %v", err)
	}
	reopen(t, s)
}

// TestFilesArePrivate checks the modes of all three files, also where they were
// too open before.
func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	private := func() {
		t.Helper()
		for _, name := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(s.opts.Path + name)
			ok(t, err)
			if info.Mode() != 0o600 {
				t.Errorf("outbox.db%s has mode %v, want 0600", name, info.Mode())
			}
		}
	}
	private()
	ok(t, s.Close())
	for _, name := range []string{"", "-wal", "-shm"} { // as a crash and a careless copy leave them
		f, err := os.OpenFile(s.opts.Path+name, os.O_CREATE, 0o644)
		ok(t, err)
		ok(t, errors.Join(f.Chmod(0o644), f.Close()))
	}
	s = open(t, s.opts)
	private()
}

// TestRefuses opens what is no store of this workbell, which must then be what
// it was.
func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, want string
		prepare    func(t *testing.T, path string)
	}{
		{"another program's database", "another program's", func(t *testing.T, path string) {
			script(t, path, "CREATE TABLE x (y); INSERT INTO x VALUES (1); PRAGMA user_version = 1")
		}},
		{"a newer workbell's database", "use a newer workbell", func(t *testing.T, path string) {
			ok(t, open(t, Options{Path: path}).Close())
			script(t, path, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 1000")
		}},
		{"a file of another kind", "not a database", func(t *testing.T, path string) {
			ok(t, os.WriteFile(path, []byte(strings.Repeat("no database at all\n", 100)), 0o644))
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "outbox.db")
			c.prepare(t, path)
			ok(t, os.Chmod(path, 0o644))
			before, err := os.ReadFile(path)
			ok(t, err)
			_, err = Open(t.Context(), Options{Path: path})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open: got error %v, want one with %q and the file", err, c.want)
			}
			after, err := os.ReadFile(path)
			ok(t, err)
			info, err := os.Stat(path)
			ok(t, err)
			if string(after) != string(before) || info.Mode() != 0o644 {
				t.Errorf("the file was changed (mode %v)", info.Mode())
			}
		})
	}
}

// script runs statements on a file with a plain connection.
func script(t *testing.T, path, sql string) {
	t.Helper()
	c, err := connect((&Store{opts: Options{Path: path}}).dsn())
	ok(t, err)
	ok(t, errors.Join(c.script(sql), c.Close()))
}

func TestMissingDirectory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none", "outbox.db")
	_, err := Open(t.Context(), Options{Path: path})
	if err == nil || !strings.Contains(err.Error(), "make the directory "+filepath.Dir(path)+" first") {
		t.Errorf("Open: got error %v, want one that says to make the directory", err)
	}
	folder := t.TempDir()
	if _, err := Open(t.Context(), Options{Path: folder}); err == nil || !strings.Contains(err.Error(), folder) || !strings.Contains(err.Error(), "may write") {
		t.Errorf("Open: got error %v, want one that says to name a file", err)
	}
}

// TestOddPaths opens files whose names mean something to a URL.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "a?mode=memory.db", "a%20b#c.db", "磁盘.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, Options{Path: path})
		_, err := s.Enqueue(t.Context(), []outbox.Entry{benchEntry(1)})
		ok(t, err)
		s = reopen(t, s)
		if _, err := s.Get(t.Context(), 1); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// FuzzHeaders compares what is kept of headers with what encoding/json makes of
// them.
func FuzzHeaders(f *testing.F) {
	f.Add("Content-Type", "application/json", "X-Odd", "a\"\\\n<\u2028>\x7f磁盘")
	f.Add("", "", "\xff", "caf\xe9 \x00\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, a, x, b, y string) {
		want := map[string]string{strings.ToValidUTF8(a, "?"): x, strings.ToValidUTF8(b, "!"): y}
		text, err := json.Marshal(want)
		ok(t, err)
		var got, again map[string]string
		ok(t, json.Unmarshal([]byte(headers(want)), &got))
		ok(t, json.Unmarshal(text, &again))
		if !maps.Equal(got, again) {
			t.Errorf("%q is kept as %q, want %q", want, got, again)
		}
	})
}
