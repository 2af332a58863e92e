package outbox

import "time"

// Fate is what is known of one recipient of a delivery.
type Fate string

// The fates, by the names that the API, the console and the history use.
const (
	FateDelivered Fate = "delivered" // has it; has not read it, as far as is known
	FateRead      Fate = "read"      // has read it
	FateInvalid   Fate = "invalid"   // DingTalk knows nobody by that id
	FateForbidden Fate = "forbidden" // DingTalk did not pass it on; Code says why
	FateFailed    Fate = "failed"    // DingTalk tried, and failed
	FateUnknown   Fate = "unknown"   // DingTalk did not tell while it could be asked
)

// Has says whether the recipient has the message.
func (f Fate) Has() bool { return f == FateDelivered || f == FateRead }

// Receipt is what became of one recipient of a delivery.
type Receipt struct {
	User  string    `json:"user"`
	Fate  Fate      `json:"fate"`
	Code  string    `json:"code,omitempty"`  // DingTalk's, where it is forbidden: "143106"
	Words string    `json:"words,omitempty"` // what that means, and what is done about it
	At    time.Time `json:"at"`              // when it was learnt; set by the engine
}

// Kind is what a follow-up is to do.
type Kind string

// The kinds of follow-ups.
const (
	FollowResult    Kind = "result"     // ask what became of the recipients
	FollowEscalate  Kind = "escalate"   // send to the next ones, unless it has been read
	FollowStatusBar Kind = "status_bar" // turn the status bar to resolved
	FollowRecall    Kind = "recall"     // take it back
)

// Followup is something to do about a delivery once it has been sent. A
// delivery has at most one of each kind: another of the same kind replaces it.
// Those of a delivery that is still queued wait until it is sent, and vanish
// where it ends otherwise.
type Followup struct {
	Kind Kind      `json:"kind"`
	Due  time.Time `json:"due"` // zero: at once
	// Event is the one that called for it: the resolved one; 0: none did.
	Event int64 `json:"event,string,omitempty"`
	Step  int   `json:"step,omitempty"`  // of an escalation, from 0
	Tries int   `json:"tries,omitempty"` // how often it was tried and put off
}

// Due is a follow-up that has been claimed, with its delivery as Get returns it.
type Due struct {
	Followup
	Delivery Delivery
	Fence    int64
}

// Lease returns what Amend needs to act for the follow-up's holder.
func (d *Due) Lease() FollowupLease {
	return FollowupLease{Delivery: d.Delivery.ID, Kind: d.Kind, Fence: d.Fence}
}

// FollowupLease names a claimed follow-up and the claim.
type FollowupLease struct {
	Delivery int64
	Kind     Kind
	Fence    int64
}

// Amendment changes a delivery outside the dispatcher's leases, in one
// transaction: what a follow-up has learnt or done, or what a person asks for.
type Amendment struct {
	Delivery int64
	// Lease, where its Fence is not 0, is that of the follow-up which this ends
	// (Add may put it off). It fails with ErrFenced if the lease has passed to
	// another or the follow-up has been replaced or dropped since; one that nobody
	// has noticed the end of is still good, as with Update.
	Lease FollowupLease
	// From are the states in which the delivery may be; none: any. In another
	// the amendment fails with ErrState.
	From []State
	// State is the new one, as State.Next allows; empty: unchanged. Queued
	// revives the delivery: due at once, with no attempt spent, out of its
	// group's order, not worth sending after Expires. From Queued only
	// Superseded is possible: it ends the lease, and fails with ErrBusy while an
	// attempt is in flight or where one of unknown outcome may have been taken.
	State   State
	Reason  string    // with State: why, in words
	Expires time.Time // with State Queued; zero: never
	// Receipts are added, each in place of what was known of its user.
	Receipts []Receipt
	// Acked notes that somebody has taken care of it, if that is not noted yet.
	Acked bool
	Drop  []Kind     // follow-ups that go, leased or not
	Add   []Followup // after Drop; ErrState where it has ended without having been sent
	// Note is a line for the delivery's history: what was done, by whom.
	Note string
	// Messages are new deliveries of the event Event (0: the delivery's own)
	// that stem from this one (Delivery.Of). Repeat is treated as Enqueue does,
	// but that they are never the same message as one that is there: with the
	// content of one that counts they are the next. In their group they come
	// before what younger events have open. They are kept even where the backlog
	// is at its bound.
	Messages []Message
	Event    int64
}

// Note is a line of a delivery's history.
type Note struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Resolve in an Entry has its event end what is firing of the same source and
// group key: every earlier delivery that OnResolve status_bar or recall, or
// Escalates, has in wait for that. Each is noted as resolved, its escalation is
// dropped, and whoever holds a follow-up of it is fenced: what they were about to
// do, they were for something that was firing still. Then, of those whose OnResolve is status_bar or recall:
//
//   - one that is queued, and of which no attempt may have been taken or is in
//     flight, becomes Superseded;
//   - else it gets a follow-up of that kind with the event's id, due at once, if
//     less than the window has passed since DingTalk last took it, or may have
//     (one that is queued may yet be taken), and it has not ended as Recalled,
//     Suppressed, Superseded, Expired, Refused or Dead.
//
// Both are amended (Kept.Amended). Deliveries of an event without a group key
// wait for nothing, and such an event ends nothing.
type Resolve struct {
	StatusBar, Recall time.Duration // the windows; both zero: the event ends nothing
}

// Fact is something learnt that is kept for a while: a telephone number's
// owner, a department's size, the id of an uploaded file. Keys begin with what
// they are about and the app: "mobile/ops/138…".
type Fact struct {
	Key   string
	Value []byte
	Until time.Time // not known any more then; zero: kept for good
}

// Windows are how long after it was taken a delivery can be amended: its status
// bar for 7 days (official page of status_bar/update; a FAQ says 24 hours, so
// what DingTalk refuses by then is sent instead), and it can be recalled for 24
// hours (official page of recall).
var Windows = Resolve{StatusBar: 7 * 24 * time.Hour, Recall: 24 * time.Hour}
