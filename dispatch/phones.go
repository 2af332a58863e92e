package dispatch

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

const (
	// An answer about a telephone number is believed so long; people get new
	// numbers more often than they lose one.
	phoneKnown, phoneUnknown = 24 * time.Hour, time.Hour
	// phonePace keeps look-ups, one at a time, under 20 calls a second.
	phonePace = 60 * time.Millisecond
	// phonesAtOnce is how many numbers are looked up under one lease.
	phonesAtOnce = 100
)

// phones remembers whose telephone numbers are whose. It is not kept on disk:
// what it holds can be asked again, and is not counted by DingTalk's quota.
type phones struct {
	mu       sync.Mutex // guards what follows
	known    map[string]phone
	failures int // look-ups that failed in a row

	asking sync.Mutex // held by whoever looks up
}

type phone struct {
	user  string // empty: no employee has the number
	until time.Time
}

// resolve returns to with the numbers that are known as users, the numbers that
// nobody has, and those that have to be looked up.
func (p *phones) resolve(to message.Recipients, now time.Time) (known message.Recipients, nobodys, missing []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known = message.Recipients{Users: to.Users, Depts: to.Depts, Everyone: to.Everyone}
	for _, number := range to.Mobiles {
		switch e, ok := p.known[number]; {
		case !ok || !now.Before(e.until):
			missing = append(missing, number)
		case e.user == "":
			nobodys = append(nobodys, number)
		default:
			known = known.Union(message.Recipients{Users: []string{e.user}})
		}
	}
	return known, nobodys, missing
}

func (p *phones) note(number, user string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = make(map[string]phone)
	}
	life := phoneKnown
	if user == "" {
		life = phoneUnknown
	}
	p.known[number] = phone{user, now.Add(life)}
	p.failures = 0
}

func (p *phones) failed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures++
	return p.failures
}

// named says what becomes of a delivery to telephone numbers, none of which
// has to be looked up, or not before the others of it have gone: they do not
// wait for a look-up that may fail. It returns false where there is nothing to
// do before looking up.
func named(d outbox.Delivery, known message.Recipients, nobodys, missing []string) (outbox.Update, bool) {
	part := func(to message.Recipients) outbox.Part { return outbox.Part{To: to, Due: d.Due} }
	var parts []outbox.Part
	if !known.Empty() {
		parts = append(parts, part(known))
	}
	if len(missing) > 0 {
		parts = append(parts, part(message.Recipients{Mobiles: missing}))
	}
	switch {
	case len(parts) == 0:
		return refuse(d, "no employee has the telephone number "+names(masked(nobodys))), true
	case len(nobodys) > 0:
		parts = append(parts, part(message.Recipients{Mobiles: nobodys}))
	case known.Empty():
		return outbox.Update{}, false
	}
	return outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due, Split: parts}, true
}

// masked hides the middle of telephone numbers: they are people's own.
func masked(numbers []string) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		keep := min(3, len(n)/3)
		out[i] = n[:keep] + strings.Repeat("*", len(n)-2*keep) + n[len(n)-keep:]
	}
	return out
}

// lookUp asks whose the numbers are, and gives the delivery back: it is claimed
// again at once, by when they are known. Where asking fails it waits by itself,
// and nothing is spent.
func (l *lane) lookUp(work context.Context, d outbox.Delivery, numbers []string, client Client) {
	update := outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due}
	if err := l.ask(work, numbers[:min(len(numbers), phonesAtOnce)], client); err != nil {
		wait := outbox.Backoff(l.phones.failed(), firstRetry, lastRetry, rand.Float64()) //nolint:gosec // jitter
		update.Due, update.Reason = time.Now().Add(wait), err.Error()
	}
	l.settle(work, d, update)
}

// ask looks the numbers up, one after the other.
func (l *lane) ask(work context.Context, numbers []string, client Client) error {
	l.phones.asking.Lock()
	defer l.phones.asking.Unlock()
	limited, cancel := context.WithTimeout(work, l.options.CallTimeout)
	defer cancel()
	for _, number := range numbers {
		if _, _, missing := l.phones.resolve(message.Recipients{Mobiles: []string{number}}, time.Now()); missing == nil {
			continue // another has asked meanwhile
		}
		user, err := client.UserByMobile(limited, number)
		if is(err, dingtalk.RenewToken) {
			user, err = client.UserByMobile(limited, number)
		}
		switch {
		case is(err, dingtalk.BadRecipient), is(err, dingtalk.GiveUp): // not a number, say
			l.phones.note(number, "", time.Now())
		case err != nil:
			return err
		default:
			l.phones.note(number, user, time.Now())
		}
		select {
		case <-time.After(phonePace):
		case <-limited.Done():
		}
	}
	return nil
}

func is(err error, a dingtalk.Action) bool {
	e, ok := errors.AsType[*dingtalk.Error](err)
	return ok && e.Action == a
}

// nameable says whether d has telephone numbers, and settles or begins what has
// to happen before it can be sent.
func (l *lane) nameable(work context.Context, d outbox.Delivery, client Client) bool {
	if len(d.To.Mobiles) == 0 {
		return true
	}
	known, nobodys, missing := l.phones.resolve(d.To, time.Now())
	slices.Sort(nobodys)
	if update, ready := named(d, known, nobodys, missing); ready {
		l.settle(work, d, update)
		return false
	}
	l.inSlot(func() { l.lookUp(work, d, missing, client) })
	return false
}
