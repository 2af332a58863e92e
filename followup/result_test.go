package followup_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/message"
	"workbell/outbox"
	"workbell/sandbox"
)

// One query a minute after the send tells what became of everybody.
func TestResultIsAskedOnce(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		id := r.enqueue(text("hello", "u1", "u2", "nobody"))[0]
		time.Sleep(30 * time.Second)
		if d := r.get(id); d.State != outbox.Sent || len(d.Followups) != 1 {
			r.t.Errorf("after 30 s: %s, %v", d.State, d.Followups)
		}
		time.Sleep(24 * time.Hour)
		d := r.get(id)
		want := map[string]string{"u1": "delivered", "u2": "delivered", "nobody": "invalid"}
		if diff := cmp.Diff(want, fates(d)); diff != "" {
			r.t.Errorf("fates (-want +got):\n%s", diff)
		}
		if d.State != outbox.Partial || !strings.Contains(d.Reason, "nobody") || len(d.Followups) > 0 {
			r.t.Errorf("%s because %q, still to come %v", d.State, d.Reason, d.Followups)
		}
		if n := r.calls("getsendresult"); n != 1 {
			r.t.Errorf("asked %d times", n)
		}
	})
}

// Without track nothing is asked.
func TestUntrackedIsNotAsked(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		m := text("hello", "u1")
		m.Track = "none"
		id := r.enqueue(m)[0]
		time.Sleep(25 * time.Hour)
		if d := r.get(id); d.State != outbox.Sent || r.calls("getsendresult") != 0 {
			r.t.Errorf("%s after %d queries", d.State, r.calls("getsendresult"))
		}
	})
}

// Somebody whom DingTalk does not know is said once, not with every alert, and
// not again after a restart.
func TestInvalidIsReportedOnce(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		for _, content := range []string{"first", "second", "third"} {
			r.enqueue(text(content, "u1", "gone"))
			time.Sleep(5 * time.Minute)
			if content == "second" {
				r.restart()
			}
		}
		if diff := cmp.Diff([]string{"gone"}, r.seen.invalid); diff != "" {
			r.t.Errorf("reported (-want +got):\n%s", diff)
		}
		if n := strings.Count(r.log.String(), "said once"); n != 1 {
			r.t.Errorf("said %d times", n)
		}
	})
}

// Whom DingTalk drops for a reason that passes gets the message again, alone;
// for any other reason it says so.
func TestDropped(t *testing.T) {
	const again = "again 1"
	for name, c := range map[string]struct {
		code    string
		repeat  outbox.Repeat
		after   time.Duration // by when it is there
		resent  bool
		changed bool
	}{
		"a minute's recipients":        {"143104", outbox.Distinct, 3 * time.Minute, true, false},
		"a minute's, of the app":       {"143103", outbox.Distinct, 3 * time.Minute, true, false},
		"overload":                     {"1430003", outbox.Distinct, 3 * time.Minute, true, false},
		"the day's messages":           {"143105", outbox.Distinct, 13 * time.Hour, true, false},
		"the same content":             {"143106", outbox.Distinct, 3 * time.Minute, true, true},
		"the same content, suppressed": {"143106", outbox.Suppress, 13 * time.Hour, false, false},
		"banned content":               {"1430002", outbox.Distinct, 13 * time.Hour, false, false},
		"a code that nobody knows yet": {"1439999", outbox.Distinct, 13 * time.Hour, false, false},
		"protection of the executives": {"1430004", outbox.Distinct, 13 * time.Hour, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(r *rig) {
				r.drop("u2", c.code, 1)
				m := text("hello", "u1", "u2")
				m.Repeat = c.repeat
				id := r.enqueue(m)[0]
				time.Sleep(c.after)
				d := r.get(id)
				if diff := cmp.Diff(map[string]string{"u1": "delivered", "u2": "forbidden " + c.code}, fates(d)); diff != "" {
					r.t.Errorf("fates (-want +got):\n%s", diff)
				}
				if d.State != outbox.Partial || len(d.Reason) < len("u2: 143104")+10 {
					r.t.Errorf("%s because %q", d.State, d.Reason)
				}
				if log := r.log.String(); strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, "u2: ") {
					r.t.Errorf("logged:\n%s", log)
				}
				time.Sleep(2 * time.Minute)
				all := r.all()
				if resent := len(all) == 2; resent != c.resent {
					r.t.Fatalf("%d deliveries", len(all))
				}
				if !c.resent {
					return
				}
				child := all[1]
				if child.Of != id || child.Cause != again || child.State != outbox.Delivered {
					r.t.Errorf("of %d because of %q: %s", child.Of, child.Cause, child.State)
				}
				if diff := cmp.Diff(map[string]string{"u2": "delivered"}, fates(child)); diff != "" {
					r.t.Errorf("fates of those told again (-want +got):\n%s", diff)
				}
				if changed := string(child.Body) != string(d.Body); changed != c.changed {
					r.t.Errorf("the text went as %s", child.Body)
				}
			})
		})
	}
}

// Who is named and in a department, too, has the message once: DingTalk drops the
// second for its content, and nobody is rung again for that.
func TestSameMessageByTwoCalls(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		m := text("hello", "u37", "u1")
		m.Calls = []message.Recipients{{Users: []string{"u1", "u37"}}, {Depts: []message.Dept{{ID: 10, Size: 4}}}}
		r.enqueue(m)
		time.Sleep(time.Hour)
		all := r.all()
		if len(all) != 2 || r.far.Rings("u37") != 1 {
			r.t.Errorf("%d deliveries, rung %d times", len(all), r.far.Rings("u37"))
		}
		for _, d := range all {
			if d.State != outbox.Delivered {
				r.t.Errorf("delivery %d is %s: %v", d.ID, d.State, d.Receipts)
			}
		}
	})
}

// Parts know what their whole may have reached: an attempt without an answer
// counts for each of them, and nobody is rung again.
func TestPartsOfALostAttempt(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		for _, f := range []sandbox.Fault{
			{Kind: sandbox.CutAfter, Path: "asyncsend_v2", Times: 1},
			{Kind: sandbox.Refuse, Path: "asyncsend_v2", Code: 33012, Message: "无效的USERID", Times: 1},
		} {
			if err := r.far.Fail(f); err != nil {
				r.t.Fatal(err)
			}
		}
		r.enqueue(text("hello", "u1", "u2"))
		time.Sleep(2 * time.Hour)
		all := r.all()
		if len(all) != 2 {
			r.t.Fatalf("%d deliveries", len(all))
		}
		for i, d := range all {
			user := d.To.Users[0]
			if got := fates(d)[user]; got != "delivered 143106" || r.far.Rings(user) != 1 {
				r.t.Errorf("part %d, %s: %q, rung %d times", i, user, got, r.far.Rings(user))
			}
		}
	})
}

// A message without text cannot be told apart from the one that DingTalk takes it
// for, so it is not sent again in vain.
func TestSameContentWithoutText(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.drop("u1", "143106", 1)
		m := text("", "u1")
		m.Msgtype, m.Body = "image", []byte(`{"msgtype":"image","image":{"media_id":"@m"}}`)
		id := r.enqueue(m)[0]
		time.Sleep(time.Hour)
		if d := r.get(id); len(r.all()) != 1 || d.State != outbox.Failed || !strings.Contains(d.Reason, "no text") {
			r.t.Errorf("%d deliveries, the first is %s: %s", len(r.all()), d.State, d.Reason)
		}
	})
}

// Whom a task did not reach gets the message again once, however often DingTalk
// is asked about that task afterwards.
func TestDroppedIsRepeatedOnce(t *testing.T) {
	inFakeTime(t, func(r *rig) {
		r.drop("u2", "143104", 1)
		m := text("hello", "u1", "u2")
		m.Track = "read"
		r.enqueue(m)
		time.Sleep(26 * time.Hour)
		if diff := cmp.Diff(map[string]int{"": 1, "again 1": 1}, r.causes()); diff != "" {
			r.t.Errorf("deliveries (-want +got):\n%s", diff)
		}
	})
}

// drop has the stand-in drop the next messages to a user with a code.
func (r *rig) drop(user, code string, times int) {
	r.t.Helper()
	n, err := strconv.Atoi(code)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.far.Fail(sandbox.Fault{Kind: sandbox.Drop, User: user, Code: n, Times: times}); err != nil {
		r.t.Fatal(err)
	}
}

// slow has every send take so long until its progress is 2.
func (r *rig) slow(d time.Duration) {
	r.t.Helper()
	if err := r.far.Fail(sandbox.Fault{Kind: sandbox.Slow, Wait: d}); err != nil {
		r.t.Fatal(err)
	}
}
