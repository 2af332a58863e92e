package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"workbell/message"
)

// Errors that callers branch on.
var (
	// ErrFull means that the backlog is at its bound; nothing was kept.
	ErrFull = errors.New("the backlog is at its bound (--storage.max-backlog)")
	// ErrFenced means that the lease has passed to another or the delivery is
	// no longer queued; nothing was changed.
	ErrFenced = errors.New("the lease has passed to another")
	// ErrNotFound means that there is no such delivery or event.
	ErrNotFound = errors.New("not found")
	// ErrState means that the delivery is not in a state that allows it.
	ErrState = errors.New("its state does not allow that")
	// ErrBusy means that it is being sent, or that an attempt of unknown outcome
	// may have been taken.
	ErrBusy = errors.New("it is being sent, or may have been")
	// ErrClosed means that the store is closed.
	ErrClosed = errors.New("the store is closed")
)

// Store keeps events and deliveries. doc.go says what every engine guarantees.
// All methods may be called concurrently. Errors other than those above mean
// that the engine failed (disk full, say) and nothing was changed.
type Store interface {
	// Enqueue keeps the entries, all or none, and says what became of each, in
	// their order. It returns once they are on disk.
	Enqueue(ctx context.Context, entries []Entry) ([]Kept, error)

	// Claim leases at most max deliveries of app that are due, for at most
	// lease (30 s at most; 0 means that). next is when the earliest that is not
	// yet due will be, or the earliest lease ends, or zero; Wake tells of any
	// that come before. What it gives that was never attempted may not be on disk
	// yet: it is once the Reserve, Update or Take that follows has returned. Where it
	// never will be, Reserve and Update fail with ErrFenced, and Wake tells that what
	// they were of may be claimed again.
	Claim(ctx context.Context, app string, max int, lease time.Duration) (due []Delivery, next time.Time, err error)

	// Reserve takes the quotas for the next attempt of a leased delivery, and
	// records that it begins. Where a limit stands in the way nothing is taken
	// and the Grant says which, and when to try again.
	Reserve(ctx context.Context, lease Lease, quotas []Quota) (Grant, error)

	// Update ends attempts and gives leases back, each as the Update says, in
	// one transaction, and commits before it returns. It makes all updates or
	// none: ErrFenced for one leaves the others unmade too. A lease that nobody
	// has noticed the end of (by any Claim or Expire) is still good for Update,
	// so that a late answer of DingTalk's is kept, but not for Reserve.
	Update(ctx context.Context, updates ...Update) error

	// Expire moves what is queued, not leased and past its Expires to Expired,
	// at most max, the oldest first, and returns those; next is when there is
	// more to expire (in the past: at once), or zero.
	Expire(ctx context.Context, max int) (expired []Delivery, next time.Time, err error)

	// ClaimFollowups leases at most max follow-ups of app's deliveries that are
	// due, the earliest first, for at most lease (30 s at most; 0 means that).
	// next is as with Claim.
	ClaimFollowups(ctx context.Context, app string, max int, lease time.Duration) (due []Due, next time.Time, err error)
	// Amend makes one amendment, and returns the deliveries that it made.
	// ErrNotFound, ErrState, ErrBusy and ErrFenced mean that nothing was changed.
	Amend(ctx context.Context, a Amendment) ([]Ref, error)
	// Take takes quotas for a call that is no attempt: all or none, like
	// Reserve. Each Window begins at once.
	Take(ctx context.Context, quotas []Quota) (Grant, error)
	// Facts returns those that are known of the keys, by key.
	Facts(ctx context.Context, keys ...string) (map[string]Fact, error)
	// Learn keeps a fact in place of what was known; with ifNew, only where
	// nothing was. It says whether it was kept.
	Learn(ctx context.Context, f Fact, ifNew bool) (bool, error)
	// Forget removes what is known of the keys.
	Forget(ctx context.Context, keys ...string) error

	// Get returns one delivery with its attempts, receipts, notes and
	// follow-ups, or ErrNotFound.
	Get(ctx context.Context, id int64) (Delivery, error)
	// Event returns one event, or ErrNotFound.
	Event(ctx context.Context, id int64) (Event, error)
	// Events returns events without payload, headers and key, newest first: those
	// that called for no delivery, too.
	Events(ctx context.Context, filter EventFilter) ([]Event, error)
	// List returns deliveries without what only Get adds, newest first.
	List(ctx context.Context, filter Filter) ([]Delivery, error)
	// Stats counts what is in the store.
	Stats(ctx context.Context) (Stats, error)
	// Size returns how many bytes of disk what is kept takes. What has been
	// removed, and is free to be used again, does not count.
	Size(ctx context.Context) (int64, error)
	// Used returns how much of a key's quota is taken now.
	Used(ctx context.Context, keys ...string) (map[string]int, error)

	// Ready returns nil if the store can be written to.
	Ready(ctx context.Context) error
	// Prune removes at most max events received before that time, with their
	// deliveries, where all of these are finished and none of what they hold
	// (key, content of today) still counts nor is a follow-up to come; and ledgers
	// and facts that no longer count.
	// It looks at a bounded number and goes on there when called again. It says
	// how many it removed.
	Prune(ctx context.Context, before time.Time, max int) (int, error)
	// Wake has a value after deliveries or follow-ups may have become due. It is
	// for one reader; a value may stand for several changes.
	Wake() <-chan struct{}
	// Close waits for what is being written, and closes. Later calls return
	// ErrClosed.
	Close() error
}

// Entry is one event and the messages that it calls for, kept together.
type Entry struct {
	Event    Event
	Messages []Message
	Resolve  Resolve
}

// Event is an event as it is kept.
type Event struct {
	ID       int64             `json:"id,string"`
	Source   string            `json:"source"`
	Kind     string            `json:"kind"`
	Name     string            `json:"event,omitempty"`
	Key      string            `json:"-"` // identifies repeats; empty: no recognition
	KeyTTL   time.Duration     `json:"-"` // how long repeats of Key are refused
	Status   string            `json:"status,omitempty"`
	Severity string            `json:"severity,omitempty"`
	Title    string            `json:"title,omitempty"`
	GroupKey string            `json:"groupKey,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Payload  json.RawMessage   `json:"payload,omitempty"`
	// Faults are what went wrong while the rules were applied, one a line.
	Faults   string    `json:"faults,omitempty"`
	Received time.Time `json:"received"`
	// Calls is how many deliveries it called for, set by the engine: one more for
	// each part that one of them was split into is not counted.
	Calls int `json:"deliveryCount"`
}

// Message is one rendered notification with the recipients of each call that
// it takes: each becomes a delivery.
type Message struct {
	Rule             string
	App              string
	Msgtype          string
	Priority         int    // higher goes first; see the Priority constants
	Group            string // keeps order among its deliveries; empty: none to keep
	Body             []byte // the bytes of msg, with room for Mark
	Calls            []message.Recipients
	Repeat           Repeat
	OnResolve, Track string
	Expires          time.Time // zero: never
	// Escalates has the delivery wait for a Resolve whatever OnResolve is.
	Escalates bool
	// IfUnamended keeps the message only where the entry's Resolve amended no
	// delivery whose OnResolve is status_bar.
	IfUnamended bool
	// Due is when it may be claimed; zero: at once.
	Due time.Time
	// Cause says why there is this delivery, where the event alone does not:
	// "escalation 1", "resend", "resolved".
	Cause string
}

// Priorities, as rules.yaml names them.
const (
	Low      = -1
	Normal   = 0
	High     = 1
	Critical = 2
)

// Kept says what became of one entry.
type Kept struct {
	Event      int64
	Duplicate  bool // the key had been taken: Event and Deliveries are those of the first time
	Deliveries []Ref
	Amended    []Ref // earlier deliveries that the event's Resolve amended, as they are now
}

// Ref names a delivery.
type Ref struct {
	ID    int64
	Rule  string
	State State
}

// Delivery is one message to the recipients of one call.
type Delivery struct {
	ID        int64              `json:"id,string"`
	Event     int64              `json:"event,string"`
	Rule      string             `json:"rule"`
	App       string             `json:"app"`
	Msgtype   string             `json:"msgtype"`
	Priority  int                `json:"priority"`
	Group     string             `json:"group,omitempty"`
	Body      json.RawMessage    `json:"msg"`
	To        message.Recipients `json:"to"`
	Repeat    Repeat             `json:"repeat"`
	OnResolve string             `json:"onResolve,omitempty"`
	Track     string             `json:"track,omitempty"`
	State     State              `json:"state"`
	Reason    string             `json:"reason,omitempty"` // why it is in this state, in words
	Spent     int                `json:"attemptsSpent"`
	Tries     int                `json:"tries"` // attempts begun, spent or not
	TaskID    int64              `json:"taskId,string,omitempty"`
	Created   time.Time          `json:"created"`
	Due       time.Time          `json:"due"`
	Expires   time.Time          `json:"expires"`
	Updated   time.Time          `json:"updated"`
	Of        int64              `json:"of,string,omitempty"`   // the delivery that it stems from
	Cause     string             `json:"cause,omitempty"`       // why, where the event alone does not say
	Resolved  time.Time          `json:"resolved,omitzero"`     // when a Resolve ended it
	Acked     time.Time          `json:"acknowledged,omitzero"` // when somebody took care of it
	Attempts  []Attempt          `json:"attempts,omitempty"`    // only from Get, as are:
	Receipts  []Receipt          `json:"receipts,omitempty"`    // by user
	Notes     []Note             `json:"notes,omitempty"`       // in the order in which they were made
	Followups []Followup         `json:"followups,omitempty"`   // still to come, by kind

	Fence int64 `json:"-"` // the lease's fence; only from Claim
}

// Lease returns what Reserve and Update need to act for d's holder.
func (d *Delivery) Lease() Lease { return Lease{ID: d.ID, Fence: d.Fence} }

// Lease names a claimed delivery and the claim.
type Lease struct{ ID, Fence int64 }

// Attempt is one call of DingTalk's API for a delivery.
type Attempt struct {
	Number    int       `json:"number"` // from 1
	Began     time.Time `json:"began"`
	Ended     time.Time `json:"ended,omitzero"`
	Outcome   Outcome   `json:"outcome"`
	Code      string    `json:"code,omitempty"` // DingTalk's
	Error     string    `json:"error,omitempty"`
	RequestID string    `json:"requestId,omitempty"`
	TaskID    int64     `json:"taskId,string,omitempty"`
}

// Quota is a limit that an attempt counts against.
type Quota struct {
	// Key names what is limited: "ops/recipients", "ops/u1/2026-11-22".
	Key string
	N   int // how much the attempt takes
	// Limit is the most that may be taken at a time; 0: counted, not limited.
	Limit int
	// Window makes it a sliding one: what is taken counts from Reserve until
	// Window after the attempt has ended.
	Window time.Duration
	// Until makes it a fixed one: what is taken counts until then.
	Until time.Time
	// Call marks what is spent by a call that DingTalk rejected, too (calls a
	// second). Other quotas are given back after a Rejected or Unsent attempt.
	Call bool
}

// Grant is the answer to Reserve.
type Grant struct {
	OK      bool
	Attempt int // its number, where OK
	// Over are the keys whose limits stand in the way, each once, and RetryAt
	// is the earliest time at which what is known allows it. The zero time
	// means that none is known: it depends on attempts in flight, and Wake has
	// a value once one of them ends; or Never.
	Over    []string
	RetryAt time.Time
	// Never says that some N exceeds its Limit, so that waiting does not help.
	Never bool
}

// Update says what became of a claimed delivery. The lease ends with it.
type Update struct {
	Lease Lease
	// State is the new state; Queued puts it back.
	State State
	// Due, with Queued, is when it may be claimed again; zero: at once. A time
	// in the past is kept as it is, so that what is given back with the Due that
	// Claim showed keeps its place in the order. Giving back alone (no Attempt,
	// no Split, that Due) makes nothing due that was not: it does not ring Wake.
	Due    time.Time
	Spend  bool // an attempt is spent
	Reason string
	// Attempt ends the attempt that Reserve began; nil where there was none,
	// else its outcome counts as Unknown.
	Attempt *Result
	// Split replaces the delivery's recipients: it keeps the first part's, and
	// a new delivery of the same event and message is made for each other part,
	// with the attempts so far: one of unknown outcome may have reached them all.
	// Only with State Queued.
	Split []Part
	// Follow, with State Sent, are follow-ups to come. They replace none that is
	// there: what a Resolve has called for in the meantime stays. An escalation
	// does not come where a Resolve or an acknowledgement has ended it already.
	Follow []Followup
}

// Result is how an attempt ended.
type Result struct {
	Outcome   Outcome // not Begun
	Code      string
	Error     string
	RequestID string
	TaskID    int64
}

// Part is a share of a delivery's recipients.
type Part struct {
	To  message.Recipients
	Due time.Time // zero: as the delivery
	// Aside takes this part out of its group's order, so that one held back
	// for long does not hold back the group.
	Aside bool
	// Body, where not nil, are other bytes than the delivery's, of the type
	// Msgtype. Only before the first attempt of the delivery has begun. For
	// Repeat it remains the message that was kept.
	Body    []byte
	Msgtype string
	// Reason is that of this part; the first part has the Update's.
	Reason string
}

// Filter selects deliveries; zero fields do not restrict.
type Filter struct {
	Before                      int64 // ids below this: the next page
	States                      []State
	Source, Rule, App, GroupKey string
	Event                       int64
	Of                          int64 // those that stem from this delivery
	WaitsWith                   int64 // those that wait for the same Resolve as this delivery, which is one of them
	Limit                       int   // default 50, at most 500
}

// Stats are counts of the whole store.
type Stats struct {
	Open   int           `json:"open"` // queued, leased or not
	States map[State]int `json:"states"`
	Oldest time.Time     `json:"oldest,omitzero"` // when the oldest open one was taken
}
