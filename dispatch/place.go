package dispatch

import (
	"time"

	"workbell/message"
	"workbell/outbox"
)

// place is one delivery's departments seen against what is known of them.
type place struct {
	limit int // people that one call may reach
	d     outbox.Delivery
	know  func(id int64) dept
	now   time.Time
}

// bar says whether the delivery has a status bar that is to be turned later,
// which takes named people.
func (p *place) bar() bool {
	return p.d.OnResolve == string(outbox.FollowStatusBar) && message.HasStatusBar(p.d.Body)
}

// tracked says whether DingTalk is to tell what became of the recipients, which
// it does for a hundred at most.
func (p *place) tracked() bool { return p.d.Track == "result" || p.d.Track == "read" }

// listed says whether the people of a department of that size have to be named.
// Of one that is too large for a call DingTalk would drop some in silence.
func (p *place) listed(size int) bool {
	switch {
	case size == 0:
		return false
	case size > p.limit:
		return size <= deptListed
	case p.bar():
		return size <= barPeople
	}
	return p.tracked() && size > message.MaxUsers && size <= deptPeople
}

// missing are the departments that something has to be asked about.
func (p *place) missing() []message.Dept {
	var ask []message.Dept
	for _, x := range p.d.To.Depts {
		k := p.know(x.ID)
		size := max(k.Size, x.Size)
		if (size == 0 || p.listed(size) && !k.Whole) && !p.now.Before(k.mute) {
			ask = append(ask, x)
		}
	}
	return ask
}

// parts says what becomes of the delivery by what is known; false: nothing, it
// goes as it is. Where its people cannot be named, or are too many, it goes
// without its status bar, and they are sent the end when it comes.
func (p *place) parts() (outbox.Update, bool) {
	to, changed := p.named()
	update := outbox.Update{Lease: p.d.Lease(), State: outbox.Queued, Due: p.d.Due}
	if p.bar() && (len(to.Depts) > 0 || to.Count() > barPeople) {
		if to.Count() > barPeople { // not named for nothing
			to = p.d.To
		}
		for _, call := range to.Calls(p.limit) {
			update.Split = append(update.Split, outbox.Part{To: call, Due: p.d.Due, Msgtype: p.d.Msgtype,
				Body: message.WithoutStatusBar(p.d.Body)})
		}
		return update, true
	}
	if !changed {
		return update, false
	}
	most := p.limit
	switch {
	case p.bar():
		most = min(most, barCall)
	case p.tracked():
		most = min(most, message.MaxUsers)
	}
	for _, call := range to.Calls(most) {
		update.Split = append(update.Split, outbox.Part{To: call, Due: p.d.Due})
	}
	return update, true
}

// named returns the recipients with the people of listed departments by name,
// and sizes where they were not known.
func (p *place) named() (to message.Recipients, changed bool) {
	to = message.Recipients{Users: p.d.To.Users, Mobiles: p.d.To.Mobiles}
	for _, x := range p.d.To.Depts {
		k := p.know(x.ID)
		if size := max(k.Size, x.Size); k.Whole && p.listed(size) {
			to = to.Union(message.Recipients{Users: k.Users})
			changed = true
			continue
		}
		if x.Size == 0 && k.Size > 0 {
			x.Size, changed = k.Size, true
		}
		to = to.Union(message.Recipients{Depts: []message.Dept{x}})
	}
	return to, changed
}
