package dispatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dingtalk"
	"workbell/message"
	"workbell/outbox"
)

// users are n user ids.
func users(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%05d", prefix, i)
	}
	return all
}

func toDepts(text string, depts ...message.Dept) outbox.Message {
	m := msg(text)
	m.Calls = []message.Recipients{{Depts: depts}}
	return m
}

// card is a message with a status bar.
func card(depts ...message.Dept) outbox.Message {
	m := toDepts("m", depts...)
	m.Msgtype, m.OnResolve = "oa", "status_bar"
	m.Body = []byte(`{"msgtype":"oa","oa":{"message_url":"https://example.com","head":{"bgcolor":"FFBBBBBB","text":"t"},` +
		`"status_bar":{"status_value":"Firing","status_bg":"0xFFF65E5E"},"body":{"title":"m"}}}`)
	return m
}

// A department of unknown size is sized once, and then counts as what it is.
func TestDepartmentIsSized(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.depts = map[int64]tree{7: {users: users("a", 30), below: []int64{8}}, 8: {users: users("b", 12)}}
		r.start()
		for i := range 100 { // as unknown each would take a minute
			r.enqueue(toDepts(fmt.Sprint(i), message.Dept{ID: 7}))
		}
		r.drain(time.Minute)
		if diff := cmp.Diff(map[string]int{"get": 1}, r.far.looked); diff != "" {
			r.t.Errorf("look-ups (-want +got):\n%s", diff)
		}
		if to := r.far.arrived()[0].to; len(to.Depts) != 1 || to.Count() != 42 {
			r.t.Errorf("sent to %+v", to)
		}
		r.stop()
		r.start()
		r.enqueue(toDepts("after a restart", message.Dept{ID: 7}))
		r.drain(time.Minute)
		if r.far.looked["get"] != 1 {
			r.t.Error("asked again after a restart")
		}
	})
}

// What cannot be looked up goes as it is, soon, and is not asked about with every
// message.
func TestDepartmentThatCannotBeLookedUp(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.start()
		for i := range 3 {
			r.enqueue(toDepts(fmt.Sprint(i), message.Dept{ID: 9, Size: 0}))
		}
		r.enqueue(toDepts("known", message.Dept{ID: 10, Size: 5}))
		r.drain(10 * time.Minute)
		if got := len(r.far.arrived()); got != 4 {
			r.t.Errorf("%d calls", got)
		}
		if diff := cmp.Diff(map[string]int{"get": 1}, r.far.looked); diff != "" {
			r.t.Errorf("look-ups (-want +got):\n%s", diff)
		}
	})
}

// A department with more people than one call reaches is sent to by name, and
// where that cannot be, somebody is told; one of which DingTalk does not tell the
// size counts as unknown.
func TestDepartmentBeyondACall(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.depts = map[int64]tree{7: {users: users("a", 5200)}, 8: {}, 9: {users: users("b", 20_001)}}
		r.start()
		r.enqueue(toDepts("m", message.Dept{ID: 7}))
		r.drain(10 * time.Minute)
		people := map[string]bool{}
		for _, a := range r.far.arrived() {
			for _, u := range a.to.Users {
				people[u] = true
			}
		}
		if len(people) != 5200 {
			r.t.Errorf("%d people by name", len(people))
		}
		r.enqueue(toDepts("empty", message.Dept{ID: 8}))
		r.drain(10 * time.Minute)
		if n := r.log.count("does not tell how many"); n != 1 {
			r.t.Errorf("said %d times", n)
		}
		r.far.mu.Lock()
		r.far.limits.perMinute = 30_000 // it breaks the limit, as it has to
		r.far.mu.Unlock()
		r.enqueue(toDepts("huge", message.Dept{ID: 9}))
		r.drain(10 * time.Minute)
		if n := r.log.count("level=ERROR", "dept=9", "people=20001"); n != 1 {
			r.t.Errorf("said %d times", n)
		}
	})
}

// A message with a status bar goes to the people of its departments by name, five
// a call; where they cannot be named, or are too many, it goes without the bar
// and its end is sent.
func TestStatusBarToDepartment(t *testing.T) {
	for name, c := range map[string]struct {
		depts map[int64]tree
		calls []int // people by name in each call
	}{
		"named":          {map[int64]tree{7: {users: users("a", 3), below: []int64{8}}, 8: {users: users("b", 4)}}, []int{2, 5}},
		"too many":       {map[int64]tree{7: {users: users("a", 26)}}, []int{0}},
		"not to be told": {nil, []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, "12:00:00", func(r *rig) {
				r.far.depts = c.depts
				r.start()
				r.enqueue(card(message.Dept{ID: 7}))
				r.drain(10 * time.Minute)
				var calls []int
				for _, a := range r.far.arrived() {
					calls = append(calls, len(a.to.Users))
					if bar := message.HasStatusBar([]byte(a.msg)); bar != (len(a.to.Users) > 0) {
						r.t.Errorf("to %+v: %s", a.to, a.msg)
					}
				}
				slices.Sort(calls)
				if diff := cmp.Diff(c.calls, calls); diff != "" {
					r.t.Errorf("people by name (-want +got):\n%s", diff)
				}
				for _, d := range r.all() {
					if d.OnResolve != "status_bar" || d.State != outbox.Sent {
						r.t.Errorf("delivery %d is %s, on_resolve %s", d.ID, d.State, d.OnResolve)
					}
				}
			})
		})
	}
}

// What is tracked goes to a hundred people a call at most, since DingTalk does
// not tell of more; a department that is too large for one call is listed.
func TestLargeDepartmentIsListed(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.far.depts = map[int64]tree{7: {users: users("a", 230)}}
		r.start()
		m := toDepts("tracked", message.Dept{ID: 7})
		m.Track = "result"
		r.enqueue(m)
		r.enqueue(toDepts("untracked", message.Dept{ID: 7}))
		r.drain(10 * time.Minute)
		var calls []int
		for _, a := range r.far.arrived() {
			calls = append(calls, len(a.to.Users))
		}
		slices.Sort(calls)
		if diff := cmp.Diff([]int{0, 30, 100, 100}, calls); diff != "" {
			r.t.Errorf("people by name (-want +got):\n%s", diff)
		}
	})
}

// A department with many below it is listed in several turns, each of them asked
// about once, while others are sent.
func TestDepartmentOfManyIsListed(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		top := tree{}
		r.far.depts = map[int64]tree{}
		for i := range int64(300) {
			top.below = append(top.below, 1000+i)
			r.far.depts[1000+i] = tree{users: users(fmt.Sprint("d", i, "-"), 1)}
		}
		r.far.depts[7] = top
		r.start()
		m := toDepts("tracked", message.Dept{ID: 7})
		m.Track = "result"
		r.enqueue(m)
		time.Sleep(time.Second)
		r.enqueue(msg("meanwhile", "u1"))
		r.drain(2 * time.Minute)
		named := 0
		for _, a := range r.far.arrived() {
			named += len(a.to.Users)
		}
		if first := r.far.arrived()[0].to.Users; named != 301 || len(first) != 1 {
			r.t.Errorf("%d people by name, first %v", named, first)
		}
		if diff := cmp.Diff(map[string]int{"get": 1, "listid": 301, "listsubid": 301}, r.far.looked); diff != "" {
			r.t.Errorf("look-ups (-want +got):\n%s", diff)
		}
	})
}

// A department that DingTalk is too slow to list is sent to as a whole, not kept
// until it has expired.
func TestDepartmentThatTakesTooLong(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		top := tree{}
		r.far.depts, r.far.looking = map[int64]tree{}, 1500*time.Millisecond
		for i := range int64(450) {
			top.below = append(top.below, 1000+i)
			r.far.depts[1000+i] = tree{users: users(fmt.Sprint("d", i, "-"), 1)}
		}
		r.far.depts[7] = top
		r.start()
		m := toDepts("tracked", message.Dept{ID: 7})
		m.Track = "result"
		r.enqueue(m)
		r.drain(30 * time.Minute)
		if all := r.far.arrived(); len(all) != 1 || len(all[0].to.Depts) != 1 {
			r.t.Errorf("it arrived at %v", all)
		}
	})
}

// A department is sent to whatever rules.yaml and DingTalk say of its size, and
// though DingTalk names nobody in it; a few look-ups settle that.
func TestDepartmentOfAnotherSize(t *testing.T) {
	for name, c := range map[string]struct {
		said, people int
		hides        bool
		want         string
	}{
		"smaller than said":  {300, 20, false, "20 by name"},
		"very large by now":  {300, 3000, false, "1 department"},
		"nobody named in it": {0, 300, true, "1 department"},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, "12:00:00", func(r *rig) {
				r.far.depts, r.far.hides = map[int64]tree{7: {users: users("a", c.people)}}, c.hides
				r.start()
				m := toDepts("tracked", message.Dept{ID: 7, Size: c.said})
				m.Track = "result"
				r.enqueue(m)
				r.drain(5 * time.Minute)
				named, depts := 0, 0
				for _, a := range r.far.arrived() {
					named, depts = named+len(a.to.Users), depts+len(a.to.Depts)
				}
				got := fmt.Sprint(named, " by name")
				if depts > 0 {
					got = fmt.Sprint(depts, " department")
				}
				if got != c.want || r.far.looked["get"]+r.far.looked["listid"] > 3 {
					r.t.Errorf("sent to %s after %v", got, r.far.looked)
				}
			})
		})
	}
}

// As the month's calls run low, low priority is gathered: each person has one
// message an hour, whoever else has which of them; the rest goes at once.
func TestDigest(t *testing.T) {
	inFakeTime(t, "12:20:00", func(r *rig) {
		r.budget = 100
		r.far.before = func(n int, _ message.Recipients, text string) *dingtalk.Error {
			if strings.Contains(text, "unsent") {
				return busy()
			}
			return nil
		}
		r.start()
		for i := range 96 {
			r.enqueue(msg(fmt.Sprint("normal ", i), "u9"))
		}
		r.drain(2 * time.Minute)
		time.Sleep(time.Minute)
		before := len(r.far.arrived())
		low := func(text string, to ...string) outbox.Message {
			m := msg(text, to...)
			m.Priority = outbox.Low
			return m
		}
		for i := range 50 {
			r.enqueue(low(fmt.Sprint("alert ", i), "u1", "u2"))
		}
		r.enqueue(low("alone", "u3"), low("alert 3", "u1"), msg("urgent", "u1"))
		time.Sleep(30 * time.Minute)
		if got := len(r.far.arrived()) - before; got != 1 {
			r.t.Errorf("%d calls before its time", got)
		}
		r.drain(time.Hour)
		got := map[string]string{}
		for _, a := range r.far.arrived()[before+1:] {
			for _, u := range a.to.Users {
				if got[u] != "" {
					r.t.Errorf("%s has two: %q and %q", u, got[u], a.msg)
				}
				got[u] = a.msg
			}
		}
		for user, want := range map[string]string{"u1": "51 notifications of low priority", "u2": "50 notifications of low priority", "u3": `"alone"`} {
			if !strings.Contains(got[user], want) {
				r.t.Errorf("%s has %q, want %q", user, got[user], want)
			}
		}
		lines := `· 13:05\n• alert 0\n• alert 1\n• alert 2\n• alert 3 ×2\n` // as JSON writes them
		if !strings.Contains(got["u1"], lines) || !strings.Contains(got["u1"], "… and 34 more") || len(got) != 3 {
			r.t.Errorf("%v", got)
		}
		states := map[outbox.State]int{}
		for _, d := range r.all() {
			states[d.State]++
		}
		if states[outbox.Superseded] != 51 {
			r.t.Errorf("states: %v", states)
		}
	})
}
