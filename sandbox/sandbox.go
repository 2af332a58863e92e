package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Sandbox is a stand-in for DingTalk. Its methods may be called concurrently.
type Sandbox struct {
	opt     Options
	handler http.Handler
	closing chan struct{}
	close   sync.Once

	mu       sync.Mutex // guards what follows
	org      *organisation
	apps     []*app
	calls    map[string]*window // by address, for the flood limit
	bannedTo map[string]time.Time
	month    quotaMonth
	ledger   ledger
	counters Counters
	refusals []refusal // the newest, oldest first
	faults   []*armed
	media    []string // media ids that exist, oldest first
	serial   int64    // of requests and tasks
	watch    watchers
	// suggested is the command that the page offers.
	suggested string
}

// New returns a sandbox; it serves when its Handler does.
func New(o Options) *Sandbox {
	s := &Sandbox{opt: o.withDefaults(), closing: make(chan struct{}), media: slices.Clone(o.Media)}
	for _, a := range s.opt.Apps {
		if a.Name == "" {
			a.Name = DefaultApp().Name
		}
		s.apps = append(s.apps, &app{App: a})
	}
	s.handler = s.routes()
	s.watch.tick = make(chan struct{})
	s.reset()
	return s
}

// Adopt makes the apps known: new ones by their key, others with what is new
// of them. An app without templates keeps those that it has.
func (s *Sandbox) Adopt(apps ...App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range apps {
		if i := slices.IndexFunc(s.apps, func(k *app) bool { return k.Key == a.Key }); i >= 0 {
			if a.Templates == nil {
				a.Templates = s.apps[i].Templates
			}
			s.apps[i] = &app{App: a, tokens: s.apps[i].tokens, used: s.apps[i].used} // a call may be reading the old App
		} else {
			s.apps = append(s.apps, &app{App: a, used: &used{}})
		}
	}
}

// Handler serves the API, the page at "/", and what is under "/sandbox/".
func (s *Sandbox) Handler() http.Handler { return s.handler }

// Close lets go of those who wait: the page's streams, and calls held by a
// fault. It does not stop the server.
func (s *Sandbox) Close() { s.close.Do(func() { close(s.closing) }) }

// Reset forgets everything that happened: notifications, ledger, counters,
// limits used and faults ordered. Tokens remain good, and media uploaded.
func (s *Sandbox) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
	s.watch.changed()
}

func (s *Sandbox) reset() {
	s.org = newOrganisation(s.opt.Directory, s.opt.AdoptUnknown)
	for _, a := range s.apps {
		a.used = &used{}
	}
	s.calls, s.bannedTo, s.month = map[string]*window{}, map[string]time.Time{}, quotaMonth{}
	s.ledger = ledger{max: s.opt.Ledger}
	s.counters = newCounters()
	s.faults, s.refusals = nil, nil
}

// requestID makes an id in the manner of DingTalk's. s.mu is held.
func (s *Sandbox) requestID() string {
	s.serial++
	return strconv.FormatInt(int64(uint64(s.serial)*0x9E3779B97F4A7C15>>8), 36)
}

// firstTask is above 2^31, as DingTalk's task ids are.
const firstTask = 256271667526

// watchers are the streams that wait for news. Sandbox.mu guards it.
type watchers struct {
	tick  chan struct{} // closed at each change
	count int
}

func (w *watchers) changed() {
	if w.count > 0 {
		close(w.tick)
		w.tick = make(chan struct{})
	}
}
