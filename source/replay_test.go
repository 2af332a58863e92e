package source

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What the history keeps of a webhook makes the same events again, without its
// credentials.
func TestReplay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		spec Spec
		head http.Header
		body string
		want int
	}{
		"github as a form": {Spec{Name: "gh", Kind: GitHub},
			http.Header{"X-Github-Event": {"ping"}, "X-Github-Delivery": {"d1"}, "Content-Type": {"application/x-www-form-urlencoded"}},
			"payload=%7B%22zen%22%3A%22Keep+it+simple%22%7D", 1},
		"each": {Spec{Name: "ci", Kind: JSON, Each: "payload.builds",
			Fields: map[string]string{"id": "item.id", "title": "item.name"}},
			http.Header{}, `{"builds":[{"id":"1","name":"a"},{"id":"2","name":"b"}]}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := New(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			first, err := s.Decode(c.head, []byte(c.body), now)
			if err != nil || len(first) != c.want {
				t.Fatalf("%d events: %v", len(first), err)
			}
			again, err := s.Replay(first[0].Headers, first[0].Raw, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, again, cmpopts.IgnoreUnexported(Event{})); diff != "" {
				t.Errorf("events (-first +again):\n%s", diff)
			}
		})
	}
}
