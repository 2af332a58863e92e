package postgres_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"workbell/outbox"
)

// TestCommitAnswerLost cuts the connection between the server's commit and its
// answer: whether it was kept nobody knows, so that Enqueue fails, and the sender
// repeats it. With a key that makes nothing new; without one it cannot be told.
func TestCommitAnswerLost(t *testing.T) {
	t.Parallel()
	p := newProxy(t, database(t, "template1"))
	s := open(t, p.url)
	for key, more := range map[string]int{"k": 0, "": 1} {
		e := event("content of " + key)
		e.Event.Key = key
		p.cut.Store(true)
		if kept, err := s.Enqueue(t.Context(), []outbox.Entry{e}); err == nil {
			t.Fatalf("key %q: Enqueue answers %v, though it had no answer", key, kept)
		}
		if p.cut.Load() {
			t.Fatalf("key %q: nothing was committed", key)
		}
		before := backlog(t, s)
		kept, err := s.Enqueue(t.Context(), []outbox.Entry{e})
		if err != nil || kept[0].Duplicate != (key != "") {
			t.Errorf("key %q: the repeat is %+v, %v", key, kept, err)
		}
		if added := backlog(t, s) - before; added != more {
			t.Errorf("key %q: the repeat adds %d deliveries", key, added)
		}
	}
}

func backlog(t *testing.T, s outbox.Store) int {
	t.Helper()
	stats, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Open
}

// proxy passes on what a store and its server say, over a socket of its own.
type proxy struct {
	url string
	cut atomic.Bool // the next answer to a COMMIT of events gets lost, with the connection
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	const name = ".s.PGSQL.5432"
	server := filepath.Join(u.Query().Get("host"), name)
	dir, err := os.MkdirTemp("", "workbell-") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{url: strings.Replace(to, url.QueryEscape(u.Query().Get("host")), url.QueryEscape(dir), 1)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c, server)
		}
	}()
	return p
}

// serve ends when either side does, or an answer is to get lost.
func (p *proxy) serve(client net.Conn, server string) {
	defer func() { _ = client.Close() }()
	s, err := net.Dial("unix", server)
	if err != nil {
		return
	}
	defer func() { _ = s.Close() }()
	ours := &spied{Conn: s} // the store commits other things, too
	go func() {
		_, _ = io.Copy(ours, client)
		_ = s.Close()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := s.Read(buf)
		if err != nil || bytes.Contains(buf[:n], []byte("COMMIT\x00")) && ours.events.Swap(false) && p.cut.CompareAndSwap(true, false) {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// spied notes whether an event of the test was written.
type spied struct {
	net.Conn
	events atomic.Bool
}

// Write passes on what the store says.
func (w *spied) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("content of ")) {
		w.events.Store(true)
	}
	return w.Conn.Write(b)
}
