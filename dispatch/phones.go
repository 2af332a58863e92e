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

// phones remembers whose telephone numbers are whose. What it knows is in the
// store, too, as facts.
type phones struct {
	mu       sync.Mutex // guards what follows
	known    map[string]phone
	failures int       // look-ups that failed in a row
	quiet    time.Time // until when nothing is asked, since asking failed
	why      string    // it did

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

// note remembers an answer, and returns it as the store keeps it.
func (p *phones) note(app, number, user string, now time.Time) outbox.Fact {
	life := phoneKnown
	if user == "" {
		life = phoneUnknown
	}
	p.put(number, phone{user, now.Add(life)})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
	return outbox.Fact{Key: phoneKey(app, number), Value: []byte(user), Until: now.Add(life)}
}

func (p *phones) put(number string, known phone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = make(map[string]phone)
	}
	p.known[number] = known
}

func phoneKey(app, number string) string { return "mobile/" + app + "/" + number }

// load takes over what the store knows of numbers.
func (p *phones) load(work context.Context, store outbox.Store, app string, numbers []string) {
	keys := make([]string, len(numbers))
	for i, n := range numbers {
		keys[i] = phoneKey(app, n)
	}
	facts, err := store.Facts(work, keys...)
	if err != nil {
		return // asked of DingTalk instead
	}
	for i, n := range numbers {
		if f, ok := facts[keys[i]]; ok {
			p.put(n, phone{string(f.Value), f.Until})
		}
	}
}

// failed notes that asking failed, and says until when nothing is asked.
func (p *phones) failed(err error, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures++
	wait := outbox.Backoff(p.failures, firstRetry, lastRetry, rand.Float64()) //nolint:gosec // jitter
	until := now.Add(max(wait, asError(err).RetryAfter))
	// A whole millisecond, as the store's times are: else what it gives back then
	// would come a moment too early.
	p.quiet, p.why = until.Truncate(time.Millisecond).Add(time.Millisecond), err.Error()
	return p.quiet
}

// waiting says until when nothing is asked, and why; zero: asking may go on.
func (p *phones) waiting(now time.Time) (until time.Time, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.quiet) {
		return p.quiet, p.why
	}
	return time.Time{}, ""
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
// again at once, by when they are known. Where asking fails nothing is spent,
// and the delivery waits.
func (l *lane) lookUp(work context.Context, d outbox.Delivery, numbers []string, client Client) {
	update := outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due}
	if err := l.ask(work, numbers[:min(len(numbers), phonesAtOnce)], client); err != nil {
		update = aside(d, l.phones.failed(err, time.Now()), err.Error())
	}
	l.trouble.note(l.settle(work, d, update))
}

// ask looks the numbers up, one after the other.
func (l *lane) ask(work context.Context, numbers []string, client Client) error {
	limited, cancel := context.WithTimeout(work, l.options.CallTimeout)
	defer cancel()
	for _, number := range numbers {
		user, err := client.UserByMobile(limited, number)
		if is(err, dingtalk.RenewToken) {
			user, err = client.UserByMobile(limited, number)
		}
		switch {
		case is(err, dingtalk.BadRecipient), is(err, dingtalk.GiveUp): // not a number, say
			l.learn(work, l.phones.note(l.name, number, "", time.Now()))
		case err != nil:
			return err
		default:
			l.learn(work, l.phones.note(l.name, number, user, time.Now()))
		}
		select {
		case <-time.After(phonePace):
		case <-limited.Done():
		}
	}
	return nil
}

// learn keeps a fact, so that the next start need not ask again.
func (l *lane) learn(work context.Context, f outbox.Fact) {
	_, err := l.options.Store.Learn(work, f, false)
	l.trouble.note(err)
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
	if len(missing) > 0 {
		l.phones.load(work, l.options.Store, l.name, missing)
		known, nobodys, missing = l.phones.resolve(d.To, time.Now())
	}
	slices.Sort(nobodys)
	if update, ready := named(d, known, nobodys, missing); ready {
		l.heed(l.settle(work, d, update))
		return false
	}
	switch until, why := l.phones.waiting(time.Now()); {
	case !until.IsZero():
		l.heed(l.settle(work, d, aside(d, until, why)))
	case l.phones.asking.TryLock():
		l.inSlot(func() {
			defer l.phones.asking.Unlock()
			l.lookUp(work, d, missing, client)
		})
	default: // one look-up at a time: they must not take the slots of what can be sent
		l.giveBackUntil(work, d, time.Now().Add(outbox.Backoff(1, 2*time.Second, 2*time.Second, rand.Float64()))) //nolint:gosec // jitter
	}
	return false
}

// giveBackUntil ends d's lease with nothing done; it is claimed again then.
func (l *lane) giveBackUntil(work context.Context, d outbox.Delivery, due time.Time) {
	l.trouble.note(l.options.Store.Update(work, outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: due, Reason: d.Reason}))
}
