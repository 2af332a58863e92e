package followup

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

// A later answer that leaves out whom an earlier one named takes nothing back.
func TestKnownIsNotSilent(t *testing.T) {
	t.Parallel()
	d := outbox.Delivery{To: message.Recipients{Users: []string{"u1", "u2", "u3"}}, Receipts: []outbox.Receipt{
		{User: "u1", Fate: outbox.FateDelivered}, {User: "u3", Fate: outbox.FateUnknown},
	}}
	f := assess(&d, &dingtalk.Result{}, func(string) bool { return false }, time.Now(), time.UTC)
	if diff := cmp.Diff([]string{"u2", "u3"}, f.silent); diff != "" {
		t.Errorf("silent (-want +got):\n%s", diff)
	}
}
