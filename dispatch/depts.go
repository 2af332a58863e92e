package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"workbell/message"
	"workbell/outbox"
)

const (
	// deptKnown is how long an answer about a department is believed.
	deptKnown = 24 * time.Hour
	// deptMute is how long nothing is asked about a department after asking
	// failed; it then counts by the size in rules.yaml, or as unknown.
	deptMute = 15 * time.Minute
	// deptTakes is how long, in all its turns, a department is listed while
	// deliveries to it wait; then it counts as one that cannot be listed. One that
	// nobody has gone on with for deptMute is begun anew.
	deptTakes = 5 * time.Minute
	// A department is listed to learn what became of its people only if it has so
	// many at most, and because it is too large for one call, if it has not more
	// than the second number; its tree is followed no further than the third.
	deptPeople, deptListed, deptTree = 1000, 20_000, 500
	// barPeople is the most people for whom a message is split into calls with a
	// status bar, barCall how many one such call takes (official FAQ).
	barPeople, barCall = 25, 5
)

// depts remembers how large departments are and who is in them. What it knows
// is in the store, too, as facts.
type depts struct {
	mu    sync.Mutex // guards what follows
	known map[int64]dept

	asking sync.Mutex // held by whoever looks up; guards:
	begun  map[int64]*listing
}

// listing is that of a department which takes longer than a delivery can be held
// for: it goes on from here when that is claimed again.
type listing struct {
	began time.Time
	todo  []int64
	seen  map[int64]bool
	users []string
}

// errGoesOn says that a listing has not ended yet.
var errGoesOn = errors.New("the listing of the department goes on")

// dept is what is known of a department.
type dept struct {
	Size  int       `json:"size"`
	Users []string  `json:"users,omitempty"` // all below it
	Whole bool      `json:"whole,omitempty"` // Users are all
	Until time.Time `json:"until"`           // when that is asked again
	mute  time.Time // nothing is asked before that
}

func (k *depts) get(id int64, now time.Time) dept {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.known[id]
	if !now.Before(d.Until) {
		return dept{mute: d.mute}
	}
	return d
}

func (k *depts) put(id int64, d dept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = make(map[int64]dept)
	}
	k.known[id] = d
}

// placed says whether d's departments are as they can be sent, and settles or
// begins what has to happen before.
func (l *lane) placed(work context.Context, d outbox.Delivery, a allowance, client Client) bool {
	if len(d.To.Depts) == 0 || d.Tries > 0 {
		return true
	}
	now := time.Now()
	p := &place{limit: a.perCall, d: d, now: now, know: func(id int64) dept { return l.depts.get(id, now) }}
	ask := p.missing()
	if len(ask) > 0 {
		l.depts.load(work, l.options.Store, l.name, ask, now)
		ask = p.missing()
	}
	switch {
	case len(ask) == 0:
		update, ready := p.parts()
		if ready {
			l.heed(l.settle(work, d, update))
		}
		return !ready
	case l.depts.asking.TryLock():
		l.inSlot(func() {
			defer l.depts.asking.Unlock()
			for _, x := range ask {
				l.askDept(work, x, p, client)
			}
			l.trouble.note(l.settle(work, d, outbox.Update{Lease: d.Lease(), State: outbox.Queued, Due: d.Due}))
		})
	default: // one at a time: they must not take the slots of what can be sent
		l.giveBackUntil(work, d, now.Add(time.Second))
	}
	return false
}

func deptKey(app string, id int64) string { return "dept/" + app + "/" + strconv.FormatInt(id, 10) }

// load takes over what the store knows of departments.
func (k *depts) load(work context.Context, store outbox.Store, app string, ask []message.Dept, now time.Time) {
	keys := make([]string, len(ask))
	for i, x := range ask {
		keys[i] = deptKey(app, x.ID)
	}
	facts, err := store.Facts(work, keys...)
	if err != nil {
		return // asked of DingTalk instead
	}
	for i, x := range ask {
		var d dept
		if f, ok := facts[keys[i]]; ok && json.Unmarshal(f.Value, &d) == nil && now.Before(d.Until) && d.better(k.get(x.ID, now)) {
			k.put(x.ID, d)
		}
	}
}

// better says whether d knows more than o.
func (d dept) better(o dept) bool {
	return d.Size > 0 && o.Size == 0 || d.Whole && !o.Whole
}

// askDept learns a department's size and, where the delivery needs that, its
// people. Where asking fails the delivery does not wait for it.
func (l *lane) askDept(work context.Context, x message.Dept, p *place, client Client) {
	ctx, cancel := context.WithTimeout(work, l.options.CallTimeout)
	defer cancel()
	k, now := p.know(x.ID), time.Now()
	err := error(nil)
	if k.Size == 0 {
		k.Size, err = size(ctx, client, x.ID)
		k.Until = now.Add(deptKnown)
	}
	if err == nil && p.listed(max(k.Size, x.Size)) && !k.Whole { // as missing reckons, or it is asked for ever
		k.Users, err = l.depts.people(ctx, client, x.ID, now.Add(l.options.CallTimeout/2))
		if err == nil && len(k.Users) == 0 {
			err = errors.New("DingTalk names nobody in it")
		}
		k.Whole = err == nil
	}
	if errors.Is(err, errGoesOn) {
		l.depts.put(x.ID, k)
		return
	}
	if err != nil {
		k.mute = now.Add(max(deptMute, asError(err).RetryAfter))
		l.options.Logger.Warn("a department cannot be looked up; it counts by its size in rules.yaml, or as a whole minute's recipients",
			"app", l.name, "dept", x.ID, "until", k.mute, "err", err)
	}
	l.depts.put(x.ID, k)
	if k.Size > p.limit && !k.Whole {
		l.options.Logger.Error("a department has more people than one call reaches; DingTalk drops the rest in silence: name its sub-departments in rules.yaml",
			"app", l.name, "dept", x.ID, "people", k.Size, "per_call", p.limit)
	}
	if k.Size == 0 {
		return
	}
	if value, err := json.Marshal(k); err == nil {
		l.learn(work, outbox.Fact{Key: deptKey(l.name, x.ID), Value: value, Until: k.Until})
	}
}

// size asks how many people are in a department and below it.
func size(ctx context.Context, client Client, id int64) (int, error) {
	found, err := client.Department(ctx, id)
	if err == nil && found.Members == 0 {
		err = errors.New("DingTalk does not tell how many people are in it")
	}
	return found.Members, err
}

// people lists everybody in a department and below it, in as many turns as that
// takes: no further call begins after until, and errGoesOn is returned.
func (k *depts) people(ctx context.Context, client Client, id int64, until time.Time) ([]string, error) {
	p := k.begun[id]
	if p == nil || time.Since(p.began) > deptMute {
		p = &listing{began: time.Now(), todo: []int64{id}, seen: map[int64]bool{id: true}}
	}
	delete(k.begun, id) // one that fails begins anew
	for len(p.todo) > 0 {
		if err := p.next(ctx, client); err != nil {
			return nil, err
		}
		if len(p.seen) > deptTree {
			return nil, fmt.Errorf("department %d has more than %d departments below it", id, deptTree)
		}
		if len(p.todo) > 0 && time.Now().After(until) {
			if time.Since(p.began) > deptTakes {
				return nil, fmt.Errorf("listing the department has taken more than %v, and %d below it are still to be listed", deptTakes, len(p.todo))
			}
			if k.begun == nil {
				k.begun = map[int64]*listing{}
			}
			k.begun[id] = p
			return nil, errGoesOn
		}
		select {
		case <-time.After(2 * phonePace):
		case <-ctx.Done():
			return nil, errors.New("listing the department took too long")
		}
	}
	slices.Sort(p.users)
	return slices.Compact(p.users), nil
}

// next lists one department.
func (p *listing) next(ctx context.Context, client Client) error {
	users, err := client.DepartmentUsers(ctx, p.todo[0])
	if err != nil {
		return err
	}
	below, err := client.SubDepartments(ctx, p.todo[0])
	if err != nil {
		return err
	}
	p.users, p.todo = append(p.users, users...), p.todo[1:]
	for _, sub := range below {
		if !p.seen[sub] {
			p.seen[sub] = true
			p.todo = append(p.todo, sub)
		}
	}
	return nil
}
