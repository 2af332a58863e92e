package followup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/sandbox"
)

// The people of a department count, as far as DingTalk tells of them.
func TestEscalationFromDepartment(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.escalating(true)
		m := paged("down")
		m.Calls = []message.Recipients{{Depts: []message.Dept{{ID: 10, Size: 4}}}}
		id := r.enqueue(m)[0]
		time.Sleep(5 * time.Minute)
		r.read("u37", id)
		time.Sleep(10 * time.Minute)
		if diff := cmp.Diff([][]string{{"u38", "u39", "u40"}}, r.rules.named()); diff != "" {
			r.t.Errorf("named (-want +got):\n%s", diff)
		}
	})
}

// A department of which DingTalk does not tell who has read is passed on as if
// nobody had, and the history says why.
func TestEscalationFromDepartmentOfUnknownSize(t *testing.T) {
	for name, size := range map[string]int{"unknown": 0, "large": 2000} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.escalating(false)
				if err := r.far.Fail(sandbox.Fault{Kind: sandbox.Permission, Path: sandbox.PathDept}); err != nil {
					r.t.Fatal(err)
				}
				m := paged("down")
				m.Calls = []message.Recipients{{Depts: []message.Dept{{ID: 10, Size: size}}}}
				id := r.enqueue(m)[0]
				time.Sleep(20 * time.Minute)
				if diff := cmp.Diff([][]string{{"dept:10"}}, r.rules.named()); diff != "" {
					r.t.Errorf("named (-want +got):\n%s", diff)
				}
				notes := fmt.Sprint(r.get(id).Notes)
				if !strings.Contains(notes, "who has read it cannot be learnt: DingTalk tells it of 100 people at most") || !strings.Contains(notes, "escalated, step 1, to 1 person: not read by dept:10") {
					r.t.Errorf("notes: %s", notes)
				}
				if n := r.calls("getsendresult"); n > 0 {
					r.t.Errorf("asked %d times", n)
				}
			})
		})
	}
}
