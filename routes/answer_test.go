package routes

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/outbox"
)

// TestAnswerIsItsJSON holds the answer that is written by hand to the type that
// describes it.
func TestAnswerIsItsJSON(t *testing.T) {
	t.Parallel()
	for _, a := range []accepted{
		{Events: []string{}, Deliveries: []Ref{}},
		{Events: []string{"7"}, Duplicate: true, Deliveries: []Ref{{ID: 1, Rule: "critical", State: outbox.Queued}}},
		{Events: []string{"7", "8"}, Deliveries: []Ref{
			{ID: 1 << 60, Rule: "say \"no\" \\ <b>&\u2028\t\u0001", State: outbox.Suppressed}, {ID: 3, Rule: "值班 🚨"}}},
	} {
		var got accepted
		if err := json.Unmarshal(a.json(), &got); err != nil {
			t.Fatalf("%s: %v", a.json(), err)
		}
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("%s:\n%s", a.json(), diff)
		}
	}
}
