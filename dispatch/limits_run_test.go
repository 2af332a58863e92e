package dispatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dispatch"
	"workbell/message"
	"workbell/outbox"
)

// span is the time from the first arrival to the last.
func (f *far) span() time.Duration {
	all := f.arrived()
	return all[len(all)-1].at.Sub(all[0].at)
}

// atLeast99 fails if a backlog took more than 1 % longer than the limits ask.
func (r *rig) atLeast99(ideal time.Duration) {
	r.t.Helper()
	if got := r.far.span(); got > ideal*100/99 {
		r.t.Errorf("the backlog left in %v, which is less than 99 %% of what is allowed (%v)", got, ideal)
	}
}

func TestBacklogOfSingleRecipients(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		var backlog []outbox.Message
		for i := range 600 {
			backlog = append(backlog, msg(fmt.Sprint(i), fmt.Sprintf("u%d", i)))
		}
		r.enqueue(backlog...)
		r.start()
		r.drain(time.Minute)
		r.atLeast99(29 * time.Second) // 30 times 20, the first at once
	})
}

func TestBacklogOfFullCalls(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		var people []string
		for i := range 100 {
			people = append(people, fmt.Sprintf("u%d", i))
		}
		var backlog []outbox.Message
		for i := range 150 {
			backlog = append(backlog, msg(fmt.Sprint(i), people...))
		}
		r.enqueue(backlog...)
		r.start()
		r.drain(4 * time.Minute)
		r.atLeast99(2*time.Minute + 2*time.Second) // 3 times 50 calls of 100, each 50 at 20 a second
	})
}

// A department of unknown size counts as the whole minute: it waits until
// nobody else is in the window, and is not overtaken by smaller ones but while
// its size is asked for in vain.
func TestUnknownDepartmentIsNotStarved(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		dept := msg("dept")
		dept.Calls = []message.Recipients{{Depts: []message.Dept{{ID: 7}}}}
		r.enqueue(msg("before", "u1"), dept, msg("after", "u2"))
		r.start()
		time.Sleep(30 * time.Second)
		r.enqueue(msg("later", "u3"))
		r.drain(5 * time.Minute)
		got := r.far.texts()
		slices.Sort(got[:2]) // they begin at the same moment
		if diff := cmp.Diff([]string{"after", "before", "dept", "later"}, got); diff != "" {
			r.t.Errorf("arrived (-want +got):\n%s", diff)
		}
		all := r.far.arrived()
		if gap := all[2].at.Sub(all[1].at); gap < time.Minute || gap > 61*time.Second {
			r.t.Errorf("the department waited %v for an empty minute", gap)
		}
	})
}

// What is more important passes what waits, even where that needs the minute.
func TestCriticalPassesABacklog(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		dept := msg("dept")
		dept.Calls = []message.Recipients{{Depts: []message.Dept{{ID: 7}}}}
		r.enqueue(msg("first", "u1"), dept)
		r.start()
		time.Sleep(10 * time.Second)
		critical := msg("critical", "u2")
		critical.Priority = outbox.Critical
		asked := time.Now()
		r.enqueue(critical)
		time.Sleep(time.Second)
		if diff := cmp.Diff([]string{"first", "critical"}, r.far.texts()); diff != "" {
			r.t.Fatalf("arrived (-want +got):\n%s", diff)
		}
		if took := r.far.arrived()[1].at.Sub(asked); took > 200*time.Millisecond {
			r.t.Errorf("critical waited %v", took)
		}
		r.drain(3 * time.Minute)
	})
}

// Over the daily cap for one of two: the other has it now, the one tomorrow.
func TestDailyCapParts(t *testing.T) {
	inFakeTime(t, "22:00:00", func(r *rig) {
		r.limit.MessagesPerEmployeePerDay, r.far.limits.perDay = 3, 3
		for i := range 3 {
			r.enqueue(msg(fmt.Sprint(i), "u1"))
		}
		r.enqueue(msg("both", "u1", "u2"))
		soon := msg("soon", "u1")
		soon.Expires = time.Now().Add(time.Hour)
		late := r.enqueue(soon)[0]
		r.start()
		time.Sleep(10 * time.Second)
		if got := len(r.far.arrived()); got != 4 {
			r.t.Fatalf("%d arrived on the first day: %v", got, r.far.texts())
		}
		d := r.wantState(late, outbox.Refused)
		if !strings.Contains(d.Reason, "u1") || !strings.Contains(d.Reason, "expires before") {
			r.t.Errorf("refused without saying why: %q", d.Reason)
		}
		r.drain(3 * time.Hour)
		last := r.far.arrived()[4]
		if got := last.at.In(china).Format(time.TimeOnly); got < "00:00:00" || got > "00:00:30" {
			r.t.Errorf("the rest arrived at %s", got)
		}
		if diff := cmp.Diff([]string{"u1"}, last.to.Users); diff != "" || !strings.Contains(last.msg, "both") {
			r.t.Errorf("the next day: %v %s", last.to, last.msg)
		}
	})
}

// Some are capped and will expire: their part ends visibly, the others have it.
func TestDailyCapPartThatExpiresIsRefused(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.limit.MessagesPerEmployeePerDay, r.far.limits.perDay = 1, 1
		r.enqueue(msg("one", "u1"))
		both := msg("both", "u1", "u2")
		both.Expires = time.Now().Add(time.Hour)
		r.enqueue(both)
		r.start()
		r.drain(time.Minute)
		var states []outbox.State
		for _, d := range r.all() {
			states = append(states, d.State)
		}
		if diff := cmp.Diff([]outbox.State{outbox.Refused, outbox.Sent, outbox.Sent}, states); diff != "" {
			r.t.Errorf("states, newest first (-want +got):\n%s", diff)
		}
	})
}

func TestEveryoneThreeTimesADay(t *testing.T) {
	inFakeTime(t, "09:00:00", func(r *rig) {
		for i := range 5 {
			m := msg(fmt.Sprint(i))
			m.Calls = []message.Recipients{{Everyone: true}}
			m.Expires = time.Now().Add(48 * time.Hour)
			r.enqueue(m)
		}
		r.start()
		time.Sleep(time.Hour)
		if got := len(r.far.arrived()); got != 3 {
			r.t.Errorf("%d messages to everyone on the first day", got)
		}
		r.enqueue(msg("to one", "u1"))
		time.Sleep(time.Minute)
		if got := len(r.far.arrived()); got != 4 {
			r.t.Error("what waits for tomorrow holds back the others")
		}
		r.drain(16 * time.Hour)
	})
}

// Around midnight a call counts against both days, since it may arrive on
// either; far fails the test if a day has more than it may.
func TestMidnight(t *testing.T) {
	inFakeTime(t, "23:59:40", func(r *rig) {
		r.limit.MessagesPerEmployeePerDay, r.far.limits.perDay = 5, 5
		r.far.latency = 6 * time.Second
		r.start()
		for i := range 30 {
			r.enqueue(msg(fmt.Sprint(i), "u1"))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		if got := len(r.far.arrived()); got < 5 || got > 10 {
			r.t.Errorf("%d of the 10 that two days allow arrived", got)
		}
	})
}

// A part put aside for tomorrow does not hold back its group.
func TestPartPutAsideLeavesItsGroup(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.limit.MessagesPerEmployeePerDay, r.far.limits.perDay = 1, 1
		grouped := func(text string, to ...string) outbox.Message {
			m := msg(text, to...)
			m.Group = "ops\x00s\x00g"
			return m
		}
		r.enqueue(grouped("firing", "u1", "u2"), grouped("still firing", "u1", "u3"), grouped("resolved", "u1"), grouped("more", "u4"))
		r.start()
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"firing", "still firing", "more"}, r.far.texts()); diff != "" {
			r.t.Errorf("arrived (-want +got):\n%s", diff)
		}
	})
}

func TestRestartKeepsLimits(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.limit.RecipientsPerMinute, r.far.limits.perMinute = 10, 10
		var backlog []outbox.Message
		for i := range 40 {
			backlog = append(backlog, msg(fmt.Sprint(i), fmt.Sprintf("u%d", i)))
		}
		r.enqueue(backlog...)
		for range 12 {
			r.start()
			time.Sleep(7 * time.Second)
			r.stop()
			r.close()
			r.open()
		}
		r.start()
		r.drain(5 * time.Minute)
		if got := len(r.far.arrived()); got != 40 {
			r.t.Errorf("%d arrived, want 40", got)
		}
	})
}

// A limit below what a call reaches parts named people into smaller calls.
func TestCallLargerThanAMinuteIsParted(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.limit.RecipientsPerMinute, r.far.limits.perMinute = 2, 2
		r.enqueue(msg("m", "u1", "u2", "u3", "u4", "u5"))
		r.start()
		r.drain(5 * time.Minute)
		if got := len(r.far.arrived()); got != 3 {
			r.t.Errorf("arrived in %d calls, want 3", got)
		}
	})
}

func TestMonthIsCounted(t *testing.T) {
	inFakeTime(t, "12:00:00", func(r *rig) {
		r.start()
		r.Reconfigure(dispatch.Settings{Apps: r.settings().Apps, CallsPerMonth: 10, Zone: china})
		key := outbox.MonthKey(time.Now(), china)
		for i := range 9 {
			r.enqueue(msg(fmt.Sprint(i), "u1"))
		}
		r.drain(time.Minute)
		used, err := r.store.Used(r.t.Context(), key)
		if err != nil || used[key] != 9 {
			r.t.Errorf("used = %v, %v; want 9", used, err)
		}
		time.Sleep(2 * time.Minute)
		if got := r.log.count("run low", "used=9"); got != 1 {
			r.t.Errorf("warned %d times at 90 %%", got)
		}
		for i := range 9 {
			r.enqueue(msg(fmt.Sprint("more", i), "u1"))
		}
		r.drain(time.Minute)
		time.Sleep(2 * time.Minute)
		if got := r.log.count("run low"); got != 2 {
			r.t.Errorf("warned %d times in all, want at 80 and at 100 %%", got)
		}
	})
}
