package sandbox

import (
	"slices"
	"time"
)

// The kinds of faults that leave the answer as it is.
const (
	// Drop drops User (or every recipient) of a send in silence, with Code in
	// forbidden_list; without Code they are in the failed list.
	Drop Kind = "drop"
	// Slow makes a send take Wait until its progress is 2.
	Slow Kind = "slow"
)

// Silent are the kinds that leave the answer as it is, and change what becomes
// of a send that is accepted. All that are ordered strike it at once.
var Silent = []Kind{Drop, Slow}

// silently are the faults that strike a send to those users. s.mu is held.
func (s *Sandbox) silently(at string, ids []string, now time.Time) []Fault {
	if len(s.faults) == 0 {
		return nil
	}
	s.forgetFaults(now)
	var out []Fault
	for _, a := range s.faults {
		if slices.Contains(Silent, a.Kind) && (a.User == "" || slices.Contains(ids, a.User)) && a.strikes(at) {
			out = append(out, a.Fault)
		}
	}
	return out
}

// silent are the limits past which an app's messages are dropped in silence.
type silent struct {
	everyone, perCall, perMinute, perDay int
	minuteCode, dayCode, sameCode        string
}

func (s *Sandbox) limitsOf(a *app) silent {
	l := s.opt.Limits
	if a.ThirdParty {
		return silent{l.EveryonePerDay, l.ThirdPartyRecipientsPerCall, l.RecipientsPerMinute, l.ThirdPartyMessagesPerEmployeePerDay, "143203", "143205", "143206"}
	}
	return silent{l.EveryonePerDay, l.RecipientsPerCall, l.RecipientsPerMinute, l.MessagesPerEmployeePerDay, "143103", "143105", "143106"}
}
