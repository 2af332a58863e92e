// Package dispatch takes what is queued to DingTalk, never faster than allowed.
//
// In come deliveries that the outbox leases; out go calls of asyncsend_v2, and
// what became of each goes back to the outbox. It never renders, never changes
// a message's bytes, and never holds a delivery while it waits for a limit: the
// lease goes back, and the queue waits.
//
// Each app has a lane, one goroutine that claims, reserves and starts calls,
// and a bounded number of calls in flight. limits.go says what a call counts
// against, judge.go what follows from its answer, pause.go when an app pauses:
// all three are pure. Nothing here recovers from a panic: what is leased or in
// flight when the process dies is taken up again by the outbox's rules, and
// that road is better tested than any other.
package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"workbell/config"
	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

const (
	// Slots is how many calls of one app may be in flight: enough for 20 calls
	// a second that take a second each, with some to spare.
	Slots = 32
	// lease is how long a delivery is ours: a call and the recording of its end.
	lease = 30 * time.Second
	// grace is how long after a call's time-out a stopping dispatcher still
	// tries to record what became of it.
	grace = 5 * time.Second
	// patrol is how often a lane looks for work though nothing woke it.
	patrol = 30 * time.Second
)

// Client sends one notification, and looks people up. dingtalk.Client is one;
// it is called concurrently, and its errors are *dingtalk.Error.
type Client interface {
	Send(ctx context.Context, to message.Recipients, msg []byte) (dingtalk.Sent, error)
	// UserByMobile returns the user id of the employee with that telephone
	// number; dingtalk.BadRecipient means that nobody has it.
	UserByMobile(ctx context.Context, number string) (string, error)
	// Department returns a department with its size, DepartmentUsers those who
	// are in it directly, SubDepartments the departments right below it.
	Department(ctx context.Context, id int64) (dingtalk.Department, error)
	DepartmentUsers(ctx context.Context, id int64) ([]string, error)
	SubDepartments(ctx context.Context, id int64) ([]int64, error)
}

// App is one app to send for.
type App struct {
	Name   string
	Limits config.Limits // zero fields: what DingTalk allows an internal app
	// PeoplePerCall is the most people that one call may reach; 0: what a minute
	// allows.
	PeoplePerCall int
	Client        Client
}

// Settings are what may be exchanged while a Dispatcher runs.
type Settings struct {
	Apps []App
	// CallsPerMonth is the organisation's quota, of which is warned; no call is
	// held back by it. 0: none.
	CallsPerMonth int
	// Zone is where DingTalk's day and month begin; nil: UTC+8, China's.
	Zone *time.Location
}

// Options are what a Dispatcher is made of.
type Options struct {
	Settings
	Store       outbox.Store
	CallTimeout time.Duration // of one call; 0: dingtalk.Timeout. At most 20 s, since a lease has 30
	Logger      *slog.Logger  // nil: slog.Default
	Observer    Observer      // nil: nobody
	// Follow says what is to be done about a delivery that was sent at the given
	// time; nil: nothing.
	Follow func(d *outbox.Delivery, sent time.Time) []outbox.Followup
	// Woken is called whenever the store wakes its one reader, which is the
	// dispatcher; nil: nobody else listens.
	Woken func()
}

// Dispatcher sends what is queued.
type Dispatcher struct {
	options  Options
	changed  chan struct{} // has a value after Reconfigure
	sweeping chan struct{} // has a value after deliveries came that may expire
	called   atomic.Bool   // calls were made since the month's were last looked at
	low      atomic.Bool   // the month's calls run so low that low priority is gathered
	trouble  trouble

	mu       sync.Mutex
	settings Settings
	lanes    []*lane // in the order of their apps; those whose app is gone stay
}

// New returns a Dispatcher, which does nothing until Run.
func New(o Options) *Dispatcher {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = o.Logger.With("component", "dispatch")
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Follow == nil {
		o.Follow = func(*outbox.Delivery, time.Time) []outbox.Followup { return nil }
	}
	if o.Woken == nil {
		o.Woken = func() {}
	}
	if o.CallTimeout <= 0 {
		o.CallTimeout = dingtalk.Timeout
	}
	o.CallTimeout = min(o.CallTimeout, lease-10*time.Second)
	d := &Dispatcher{options: o, changed: make(chan struct{}, 1), sweeping: make(chan struct{}, 1)}
	d.trouble.log = o.Logger
	d.Reconfigure(o.Settings)
	return d
}

// Reconfigure exchanges apps and limits. It ends every pause, since what was
// wrong may have been put right. Calls in flight end with the client that they
// began with, within CallTimeout; deliveries for apps that are gone stay until
// they expire.
func (d *Dispatcher) Reconfigure(s Settings) {
	if s.Zone == nil {
		s.Zone = time.FixedZone("UTC+8", 8*60*60)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings = s
	gone := d.lanes
	d.lanes = nil
	for _, app := range s.Apps {
		l := d.take(&gone, app.Name)
		a := allowance{app: app.Name, limits: withDefaults(app.Limits), zone: s.Zone, callTime: d.options.CallTimeout}
		a.perCall = a.limits.RecipientsPerMinute
		if app.PeoplePerCall > 0 {
			a.perCall = min(a.perCall, app.PeoplePerCall)
		}
		l.configure(app, a)
		d.lanes = append(d.lanes, l)
	}
	for _, l := range gone {
		l.configure(App{}, allowance{})
	}
	d.lanes = append(d.lanes, gone...)
	signal(d.changed)
}

// take removes the lane called name from lanes, or makes one.
func (d *Dispatcher) take(lanes *[]*lane, name string) *lane {
	for i, l := range *lanes {
		if l.name == name {
			*lanes = append((*lanes)[:i:i], (*lanes)[i+1:]...)
			return l
		}
	}
	return newLane(name, d)
}

// Run sends until ctx ends. Then it claims nothing more, lets the calls in
// flight end, records what became of them, and returns nil: at most CallTimeout
// and a few seconds later. Any other return means that the store was closed. It
// may be called once.
func (d *Dispatcher) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	work, cancel := outlive(ctx, d.options.CallTimeout+grace)
	defer cancel()
	group.Go(func() error { return d.watch(ctx) })
	group.Go(func() error { return d.sweep(ctx, work) })
	started := make(map[*lane]bool)
	for {
		for _, l := range d.all() {
			if !started[l] {
				started[l] = true
				group.Go(func() error { return l.run(ctx, work) })
			}
		}
		select {
		case <-ctx.Done():
			return group.Wait()
		case <-d.changed:
		}
	}
}

// watch passes the store's one wake-up on to all lanes.
func (d *Dispatcher) watch(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-d.options.Store.Wake():
			if !open {
				return outbox.ErrClosed
			}
		}
		d.wakeAll()
		d.options.Woken()
		signal(d.sweeping)
	}
}

func (d *Dispatcher) wakeAll() {
	for _, l := range d.all() {
		signal(l.wake)
	}
}

func (d *Dispatcher) all() []*lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*lane(nil), d.lanes...)
}

func (d *Dispatcher) current() Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings
}

// outlive returns a context that ends some time after ctx, for what has begun
// and should end well.
func outlive(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(after):
			cancel()
		case <-work.Done():
		}
	})
	return work, func() { stop(); cancel() }
}

// signal leaves a value in a channel of one, if there is none.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
