package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

const (
	maxStreams = 64                     // pages open at a time
	gather     = 200 * time.Millisecond // changes that come together make one event
	heartbeat  = 15 * time.Second       // keeps proxies from closing a quiet stream
)

// serveEvents tells the page that something has changed, as server-sent events;
// what has changed the page reads from itself.
func (s *Sandbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !s.join() {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer s.leave()
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Time{}) // the stream outlives a server's time-out
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	tick := s.nextTick()
	for line := ": hello"; ; {
		if _, err := fmt.Fprintf(w, "%s\n\n", line); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-tick:
			if !s.pause(r, gather) {
				return
			}
			tick = s.nextTick()
			line = "data: changed"
		case <-beat.C:
			line = ": still here"
		case <-r.Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}

// pause waits for d; false if the stream ended meanwhile.
func (s *Sandbox) pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-s.closing:
	}
	return false
}

func (s *Sandbox) join() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watch.count >= maxStreams {
		return false
	}
	s.watch.count++
	return true
}

func (s *Sandbox) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.count--
}

// nextTick is closed at the next change.
func (s *Sandbox) nextTick() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watch.tick
}
