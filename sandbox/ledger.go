package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Fate is what became of a message for one recipient.
type Fate string

// The fates.
const (
	Unread    Fate = "unread" // it rang
	Read      Fate = "read"
	Invalid   Fate = "invalid"
	Forbidden Fate = "forbidden" // dropped in silence, for the reason that Code gives
	Failed    Fate = "failed"
)

// Recipient is one person of an accepted call.
type Recipient struct {
	UserID string `json:"userid"`
	Fate   Fate   `json:"fate"`
	Code   string `json:"code,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// Call is an accepted call of asyncsend_v2 or sendbytemplate.
type Call struct {
	TaskID       int64       `json:"task_id"`
	At           time.Time   `json:"at"`   // when it arrived
	Done         time.Time   `json:"done"` // when its progress is 2
	AgentID      int64       `json:"agent_id"`
	App          string      `json:"app"`
	Users        []string    `json:"users,omitempty"`
	Depts        []int64     `json:"depts,omitempty"`
	Everyone     bool        `json:"everyone,omitempty"`
	InvalidDepts []int64     `json:"invalid_depts,omitempty"`
	Recipients   []Recipient `json:"recipients"`
	Msgtype      string      `json:"msgtype"`
	Msg          string      `json:"msg"`     // the bytes as they came; of a template its data
	Content      string      `json:"content"` // hash of the canonical JSON: the same for the same content
	Template     string      `json:"template,omitempty"`
	StatusBar    *StatusBar  `json:"status_bar,omitempty"` // as it is now; nil: sent without one; replaced, never changed
	Recalled     time.Time   `json:"recalled,omitzero"`
}

// StatusBar is the status bar of an OA message.
type StatusBar struct {
	Value   string    `json:"value"`
	Color   string    `json:"color,omitempty"`
	Updates int       `json:"updates"`
	At      time.Time `json:"at,omitzero"` // of the last update
}

// Counters count since the start or the last Reset.
type Counters struct {
	Accepted int64 `json:"accepted"` // calls that made a task
	Rings    int64 `json:"rings"`    // messages that appeared on an employee's phone
	Dropped  int64 `json:"dropped"`  // recipients dropped in silence, invalid or failed
	// Calls are all calls that DingTalk has answered, by path and errcode
	// ("88/90018" with the sub_code), though a fault may have lost the answer;
	// Cut are those that a fault kept from it.
	Calls map[string]map[string]int64 `json:"calls"`
	Cut   int64                       `json:"cut"`
}

// Total is how many calls of a path were answered, whatever the answer.
func (c Counters) Total(path string) int64 {
	var n int64
	for _, calls := range c.Calls[path] {
		n += calls
	}
	return n
}

func newCounters() Counters { return Counters{Calls: map[string]map[string]int64{}} }

// maxPaths bounds the paths that are counted one by one.
const maxPaths = 50

func (c *Counters) add(path string, answer *reply) {
	if c.Calls[path] == nil {
		if len(c.Calls) >= maxPaths {
			path = "other"
		}
		if c.Calls[path] == nil {
			c.Calls[path] = map[string]int64{}
		}
	}
	c.Calls[path][answer.code()]++
}

// refusal is a call that was refused, for the page.
type refusal struct {
	At            time.Time
	API           string // the path's last part
	Code, Message string
}

const maxRefusals = 20

// refused notes a call that was refused. s.mu is held.
func (s *Sandbox) refused(api string, answer *reply) {
	if len(s.refusals) == maxRefusals {
		s.refusals = append(s.refusals[:0], s.refusals[1:]...)
	}
	s.refusals = append(s.refusals, refusal{s.opt.Now(), api, answer.code(), cmp.Or(answer.SubMsg, answer.Message)})
	s.watch.changed()
}

// ledger keeps the newest accepted calls. Sandbox.mu guards it.
type ledger struct {
	max        int
	calls      []*Call // oldest first
	byTask     map[int64]*Call
	recipients int // of all calls kept
}

// recipientsPerCall bounds the ledger by people as well: a call may have
// thousands.
const recipientsPerCall = 50

// add keeps a call, and returns those that go for it.
func (l *ledger) add(c *Call) (gone []*Call) {
	if l.byTask == nil {
		l.byTask = map[int64]*Call{}
	}
	l.calls = append(l.calls, c)
	l.byTask[c.TaskID] = c
	l.recipients += len(c.Recipients)
	for len(l.calls) > 1 && (len(l.calls) > l.max || l.recipients > l.max*recipientsPerCall) {
		old := l.calls[0]
		l.calls[0] = nil
		l.calls = l.calls[1:]
		l.recipients -= len(old.Recipients)
		delete(l.byTask, old.TaskID)
		gone = append(gone, old)
	}
	return gone
}

// Calls returns the accepted calls that are kept, oldest first.
func (s *Sandbox) Calls() []Call { return s.last(0) }

// last returns the newest n calls, or all for 0.
func (s *Sandbox) last(n int) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.ledger.calls
	if n > 0 && len(from) > n {
		from = from[len(from)-n:]
	}
	out := make([]Call, len(from))
	for i, c := range from {
		out[i] = c.clone()
	}
	return out
}

// Task returns the accepted call of a task, if it is kept.
func (s *Sandbox) Task(id int64) (Call, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.ledger.byTask[id]
	if c == nil {
		return Call{}, false
	}
	return c.clone(), true
}

// clone returns a copy that does not change any more. Sandbox.mu is held.
func (c *Call) clone() Call {
	out := *c
	out.Recipients = slices.Clone(c.Recipients)
	return out
}

// Counters returns a copy of the counters.
func (s *Sandbox) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counters
	c.Calls = make(map[string]map[string]int64, len(s.counters.Calls))
	for path, codes := range s.counters.Calls {
		c.Calls[path] = maps.Clone(codes)
	}
	return c
}

// Rings is how many messages have appeared on the employee's phone.
func (s *Sandbox) Rings(user string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.org.employees[user]; e != nil {
		return e.rings
	}
	return 0
}
