package outbox

import (
	"errors"
	"fmt"
)

// What is wrong with an update or an amendment whatever its delivery is wrong in
// every engine; each asks here before it begins.

var errNoKind = errors.New("a follow-up has no kind")

// Valid says why u cannot be, whatever the delivery.
func (u *Update) Valid() error {
	switch {
	case !Queued.Next(u.State):
		return fmt.Errorf("%s does not become %q", Queued, u.State)
	case len(u.Split) > 0 && u.State != Queued:
		return fmt.Errorf("a split delivery stays %s, not %q", Queued, u.State)
	case len(u.Follow) > 0 && u.State != Sent:
		return fmt.Errorf("follow-ups are for a delivery that becomes %s, not %q", Sent, u.State)
	}
	for _, p := range u.Split {
		if (p.Body == nil) != (p.Msgtype == "") {
			return errors.New("a part has Body and Msgtype both, or neither")
		}
	}
	if u.Attempt != nil {
		switch o := u.Attempt.Outcome; o {
		case Accepted, Rejected, Unsent, Unknown:
		default:
			return fmt.Errorf("an attempt does not end as %q", o)
		}
	}
	return kinds(u.Follow)
}

// Valid says why a cannot be, whatever the delivery.
func (a *Amendment) Valid() error {
	if a.Lease.Fence != 0 && a.Lease.Delivery != a.Delivery {
		return fmt.Errorf("the lease is that of a follow-up of delivery %d", a.Lease.Delivery)
	}
	for _, r := range a.Receipts {
		if r.User == "" || r.Fate == "" {
			return errors.New("a receipt has no user, or no fate")
		}
	}
	return kinds(a.Add)
}

func kinds(follow []Followup) error {
	for _, f := range follow {
		if f.Kind == "" {
			return errNoKind
		}
	}
	return nil
}

// Amendable says whether deliveries with that OnResolve are amended by a Resolve:
// then it is the kind of the follow-up as well.
func Amendable(onResolve string) bool {
	return onResolve == string(FollowStatusBar) || onResolve == string(FollowRecall)
}

// Waits says whether the deliveries of m wait for a Resolve.
func (m Message) Waits() bool { return m.Escalates || Amendable(m.OnResolve) }
