package outbox

// State is where a delivery stands. doc.go has the picture.
type State string

// The states, by the names that the API, the console and the history use.
const (
	Queued     State = "queued"     // on disk, to be sent
	Sent       State = "sent"       // DingTalk gave a task id
	Delivered  State = "delivered"  // every recipient has it
	Partial    State = "partial"    // some recipients have it
	Failed     State = "failed"     // no recipient has it
	Recalled   State = "recalled"   // taken back
	Suppressed State = "suppressed" // same content as before on that day, and the rule says suppress
	Superseded State = "superseded" // resolved before it was sent
	Expired    State = "expired"    // not worth sending any more
	Refused    State = "refused"    // DingTalk refuses it for good
	Dead       State = "dead"       // its attempts are spent
)

// States are all of them, in the order above.
var States = []State{Queued, Sent, Delivered, Partial, Failed, Recalled, Suppressed, Superseded, Expired, Refused, Dead}

// Open says whether a delivery in this state is still to be sent.
func (s State) Open() bool { return s == Queued }

// Next says whether a delivery may go from s to t.
func (s State) Next(t State) bool {
	switch s {
	case Queued:
		return t == Queued || t == Sent || t == Expired || t == Superseded || t == Refused || t == Dead
	case Sent, Delivered, Partial, Failed: // more may be learnt of the recipients
		return t == Delivered || t == Partial || t == Failed || t == Recalled
	case Dead, Refused, Expired:
		return t == Queued // resend revives it
	}
	return false
}

// Outcome is what is known of one attempt.
type Outcome string

// The outcomes of an attempt.
const (
	Begun    Outcome = "begun"    // in flight
	Accepted Outcome = "accepted" // DingTalk gave a task id
	Rejected Outcome = "rejected" // DingTalk said no: certainly not taken
	Unsent   Outcome = "unsent"   // never reached DingTalk: certainly not taken
	Unknown  Outcome = "unknown"  // no answer: it may have been taken
)
