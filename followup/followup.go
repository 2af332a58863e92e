// Package followup learns what became of what was sent, and does what is called
// for afterwards.
//
// In come follow-ups that the outbox leases, each about a delivery that DingTalk
// has taken; out go calls of getsendresult, status_bar/update and recall, and
// what they told goes back to the outbox, with new deliveries where somebody has
// to be told again, or told further. It never sends: new messages are queued,
// and the dispatcher keeps DingTalk's limits for them as for any other.
//
// A call costs one of the month's (the standard edition has 5,000), so each
// follow-up makes the fewest that answer its question, at the time at which the
// answer is there: plan.go says when, judge.go what follows from an answer, both
// pure. result.go, escalate.go, bar.go and recall.go carry out one kind each.
package followup

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"workbell/dingtalk"
	"workbell/outbox"
)

const (
	// atOnce is how many follow-ups of one app are worked on at a time.
	atOnce = 8
	// lease is how long a follow-up is ours: a few calls and the recording.
	lease = 30 * time.Second
	// callWithin is how long one call may take.
	callWithin = dingtalk.Timeout
	// grace is how long after its calls have timed out a stopping follower still
	// tries to record what they told.
	grace = 5 * time.Second
	// patrol is how often a lane looks for work though nothing woke it.
	patrol = 30 * time.Second
	// overdue is how long after its time, and after the app went, a follow-up is given
	// up whose app is not in rules.yaml: another bridge may have newer rules, or
	// somebody put the app back.
	overdue = time.Hour
	// breath is the least time between two looks: the store wakes a lane with
	// each commit, some hundred a second while webhooks pour in, and nothing that
	// is followed up is that urgent.
	breath = 50 * time.Millisecond
)

// Client makes the calls. dingtalk.Client is one; it is called concurrently, and
// its errors are *dingtalk.Error.
type Client interface {
	Progress(ctx context.Context, task int64) (dingtalk.Progress, error)
	Result(ctx context.Context, task int64) (dingtalk.Result, error)
	Recall(ctx context.Context, task int64) error
	UpdateStatusBar(ctx context.Context, task int64, value, color string) error
}

// Renderer says what rules and templates make of events that are kept. It is
// called concurrently.
type Renderer interface {
	// Steps are those of the rule's escalation; none where it has none, or is
	// gone.
	Steps(rule string) []Step
	// Bar is what the resolved event e turns the status bar of the rule's
	// notifications to.
	Bar(e outbox.Event, rule string, now time.Time) (value, color string)
	// Resolved are the messages by which rule tells of e as on_resolve: send;
	// their recipients are replaced.
	Resolved(e outbox.Event, rule string, now time.Time) []outbox.Message
	// Escalation are the messages of a step (from 0) of the rule's escalation,
	// with their recipients.
	Escalation(e outbox.Event, rule string, step int, unread []string, now time.Time) []outbox.Message
}

// Step is one of a rule's escalation.
type Step struct {
	After time.Duration // since the delivery was sent
	// All has it go on unless everybody has read it; else unless anybody has.
	All bool
}

// App is one app to follow up for.
type App struct {
	Name           string
	Client         Client
	CallsPerSecond int // for each API method; 0: 20
	// PeoplePerCall is the most people that one call may reach; 0: no limit but
	// DingTalk's.
	PeoplePerCall int
}

// Settings are what may be exchanged while a Follower runs.
type Settings struct {
	Apps          []App
	Renderer      Renderer
	CallsPerMonth int            // 0: no budget
	Zone          *time.Location // where DingTalk's day and month begin; nil: UTC+8
}

// Observer is told what was learnt, for metrics. Its methods are called
// concurrently, and should return at once.
type Observer interface {
	// Called is told of each call: the API method, and DingTalk's code ("ok").
	Called(app, method, code string)
	// Learnt is told the fate of one recipient.
	Learnt(d outbox.Delivery, r outbox.Receipt)
	// Invalid is told once of each person whom DingTalk does not know.
	Invalid(app, user string)
	// Changed is told when a follow-up gives a delivery another state.
	Changed(d outbox.Delivery, state outbox.State)
}

// Options are what a Follower is made of.
type Options struct {
	Settings
	Store    outbox.Store
	Logger   *slog.Logger // nil: slog.Default
	Observer Observer
}

// Follower works on follow-ups.
type Follower struct {
	options Options
	changed chan struct{} // has a value after Reconfigure
	sending sync.Mutex    // held while it is decided who is told of a resolved event
	invalid sync.Mutex    // held while somebody is reported as invalid

	mu       sync.Mutex
	settings Settings
	lanes    map[string]*lane
	budget   outbox.Budget
	looked   time.Time // when budget was read
}

// New returns a Follower, which does nothing until Run.
func New(o Options) *Follower {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = o.Logger.With("component", "followup")
	f := &Follower{options: o, changed: make(chan struct{}, 1), lanes: map[string]*lane{}}
	f.Reconfigure(o.Settings)
	return f
}

// Reconfigure exchanges apps and rules, and ends every pause. Follow-ups for
// apps that are gone are given up an hour after they were due and the app went.
func (f *Follower) Reconfigure(s Settings) {
	if s.Zone == nil {
		s.Zone = time.FixedZone("UTC+8", 8*60*60)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settings, f.looked = s, time.Time{}
	gone := map[string]*lane{}
	for name, l := range f.lanes {
		gone[name] = l
	}
	for _, app := range s.Apps {
		if app.CallsPerSecond <= 0 {
			app.CallsPerSecond = 20
		}
		if f.lanes[app.Name] == nil {
			f.lanes[app.Name] = &lane{Follower: f, name: app.Name, wake: make(chan struct{}, 1)}
		}
		f.lanes[app.Name].configure(app)
		delete(gone, app.Name)
	}
	for _, l := range gone {
		l.configure(App{})
	}
	signal(f.changed)
}

// Wake has the follower look for what is due.
func (f *Follower) Wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lanes {
		signal(l.wake)
	}
}

// Run works until ctx ends, and returns nil once the calls in flight have ended
// and what they told is recorded: a time-out and a few seconds later at most. Any
// other return means that the store was closed. It may be called once.
func (f *Follower) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	started := map[*lane]bool{}
	for {
		var again <-chan time.Time
		if err := f.recollect(ctx); err != nil && ctx.Err() == nil {
			f.options.Logger.Warn("follow-ups of apps that are gone wait for the store", "err", err)
			again = time.After(patrol)
		}
		f.mu.Lock()
		for _, l := range f.lanes {
			if !started[l] {
				started[l] = true
				group.Go(func() error { return l.run(ctx) })
			}
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			return group.Wait()
		case <-f.changed:
		case <-again:
		}
	}
}

// appsKey is the fact of the names of all apps that were ever followed up for.
const appsKey = "followup-apps"

// recollect makes lanes for apps that other starts knew and rules.yaml has lost
// since, and keeps the names of those that there are now.
func (f *Follower) recollect(ctx context.Context) error {
	facts, err := f.options.Store.Facts(ctx, appsKey)
	if err != nil {
		return err
	}
	var before []string
	_ = json.Unmarshal(facts[appsKey].Value, &before) // none where there is nothing yet
	f.mu.Lock()
	for _, name := range before {
		if f.lanes[name] == nil {
			f.lanes[name] = &lane{Follower: f, name: name, wake: make(chan struct{}, 1), gone: time.Now()}
		}
	}
	names := slices.Sorted(maps.Keys(f.lanes))
	f.mu.Unlock()
	value, err := json.Marshal(names)
	if err != nil || slices.Equal(before, names) {
		return err
	}
	_, err = f.options.Store.Learn(ctx, outbox.Fact{Key: appsKey, Value: value}, false)
	return err
}

func (f *Follower) current() Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settings
}

// Pause is why an app's follow-ups make no calls.
type Pause struct {
	Until time.Time `json:"pausedUntil"` // the next call not before
	Why   string    `json:"why"`         // DingTalk's refusal in words
}

// Pauses are those of the apps whose follow-ups pause, by app.
func (f *Follower) Pauses() map[string]Pause {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]Pause{}
	for name, l := range f.lanes {
		l.mu.Lock()
		if l.round > 0 {
			all[name] = Pause{l.quiet, l.why}
		}
		l.mu.Unlock()
	}
	return all
}

// Budget returns how far the month's calls are used, at most half a minute old.
func (f *Follower) Budget(ctx context.Context) outbox.Budget {
	f.mu.Lock()
	s, b, at := f.settings, f.budget, f.looked
	f.mu.Unlock()
	if time.Since(at) < patrol {
		return b
	}
	key := outbox.MonthKey(time.Now(), s.Zone)
	used, err := f.options.Store.Used(ctx, key)
	if err != nil {
		return b
	}
	b = outbox.Budget{Used: used[key], Limit: s.CallsPerMonth}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.budget, f.looked = b, time.Now()
	return b
}

// signal leaves a value in a channel of one, if there is none.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
