package sandbox

import "slices"

// inboxSize is how many notifications of an employee are kept.
const inboxSize = 100

// item is a notification in an employee's chat: a recipient of a call.
type item struct {
	call *Call
	at   int // index in call.Recipients
}

func (i item) recipient() *Recipient { return &i.call.Recipients[i.at] }

// deliver keeps an accepted call and puts it on the phones, and the dropped
// ones beside them. s.mu is held.
func (s *Sandbox) deliver(call *Call) {
	s.counters.Accepted++
	for _, r := range call.Recipients {
		if r.Fate != Unread {
			s.counters.Dropped++
		}
	}
	s.watch.changed()
	if s.ledger.max < 0 {
		return
	}
	for i, r := range call.Recipients {
		if e := s.org.employees[r.UserID]; e != nil {
			if len(e.inbox) == inboxSize {
				e.inbox = append(e.inbox[:0], e.inbox[1:]...)
			}
			e.inbox = append(e.inbox, item{call, i})
		}
	}
	for _, old := range s.ledger.add(call) {
		for _, r := range old.Recipients {
			if e := s.org.employees[r.UserID]; e != nil && len(e.inbox) > 0 && e.inbox[0].call == old {
				e.inbox = append(e.inbox[:0], e.inbox[1:]...)
			}
		}
	}
}

// Read marks all that is on an employee's phone as read, as opening the chat
// does. It says how many were unread.
func (s *Sandbox) Read(user string) int {
	return s.read(user, func(*Call) bool { return true })
}

// ReadTask marks one notification on an employee's phone as read. It says
// whether it was there, unread.
func (s *Sandbox) ReadTask(user string, task int64) bool {
	return s.read(user, func(c *Call) bool { return c.TaskID == task }) > 0
}

func (s *Sandbox) read(user string, which func(*Call) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.org.employees[user]
	if e == nil {
		return 0
	}
	n := 0
	for _, i := range e.inbox {
		if r := i.recipient(); r.Fate == Unread && which(i.call) {
			r.Fate = Read
			n++
		}
	}
	if n > 0 {
		s.watch.changed()
	}
	return n
}

// takeBack removes a call from the phones. s.mu is held.
func (s *Sandbox) takeBack(call *Call) {
	for _, r := range call.Recipients {
		if e := s.org.employees[r.UserID]; e != nil {
			e.inbox = slices.DeleteFunc(e.inbox, func(i item) bool { return i.call == call })
		}
	}
	s.watch.changed()
}
