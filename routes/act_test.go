package routes

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workbell/config"
	"workbell/outbox"
)

// notes are the lines of a delivery's history.
func (r *rig) notes(id int64) []string {
	r.Helper()
	var all []string
	for _, n := range r.delivery(id).Notes {
		all = append(all, n.Text)
	}
	return all
}

func (r *rig) is(what string, got, want any) {
	r.Helper()
	if d := cmp.Diff(want, got); d != "" {
		r.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// What is sent again is a delivery that stems from the first, with other bytes,
// or DingTalk would not show it.
func TestResend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.sent(outbox.Event{Title: "Disk full"}, text("a", "u1", "u2"))
	code, done, _ := r.post("1/resend", `{"by":"alice","to":["u2"]}`)
	r.is("code", code, http.StatusAccepted)
	r.is("answer", done, Done{ID: id, Done: "sent again to 1 user", Deliveries: []Ref{{2, "rule", outbox.Queued}}})
	r.is("notes", r.notes(id), []string{"resent by alice"})
	again := r.delivery(2)
	if again.Of != id || again.Cause != "resend" || string(again.Body) == string(r.delivery(id).Body) || again.Event != r.delivery(id).Event {
		t.Errorf("the new one: %+v", again)
	}
	var parent Delivery
	r.get("/api/v1/deliveries/1", &parent)
	r.is("children", parent.Children, []Child{{Ref{2, "rule", outbox.Queued}, "resend", again.Created}})
	var page Page
	r.get("/api/v1/deliveries?of=1", &page)
	r.is("of 1", len(page.Deliveries), 1)

	code, _, detail := r.post("2/resend", "")
	r.is("of a queued one: code", code, http.StatusConflict)
	r.is("of a queued one", strings.Contains(detail, "it is queued"), true)
	r.end(r.begin(), outbox.Sent, outbox.Result{Outcome: outbox.Accepted, TaskID: 78})
	r.is("of the second: code", first(r.post("2/resend", "")), http.StatusAccepted)
	for _, d := range []outbox.Delivery{again, r.delivery(3)} {
		r.is("marks in "+string(d.Body), strings.Count(string(d.Body), " · "), 1)
	}
	if string(again.Body) == string(r.delivery(3).Body) {
		t.Errorf("sent twice, the same bytes: %s", again.Body)
	}
}

func first(code int, _ Done, _ string) int { return code }

func TestResendRevivesInPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.keep(outbox.Event{}, text("a", "u1"))[0]
	r.end(r.begin(), outbox.Refused, outbox.Result{Outcome: outbox.Rejected, Code: "34016"})
	code, done, _ := r.post("1/resend", "")
	r.is("code", code, http.StatusAccepted)
	r.is("answer", done, Done{ID: id, Done: "queued again", Deliveries: []Ref{{id, "rule", outbox.Queued}}})
	r.is("state", r.delivery(id).State, outbox.Queued)
	r.is("notes", r.notes(id), []string{"resent"})
}

func TestResendNeedsItsApp(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) {
		o.Plan.Store(&Plan{Config: &config.Config{DingTalk: config.DingTalk{Apps: []config.App{{Name: "other"}}}}})
	})
	r.sent(outbox.Event{}, text("a", "u1"))
	for _, what := range []string{"resend", "recall"} {
		if code, _, detail := r.post("1/"+what, ""); code != http.StatusConflict || !strings.Contains(detail, `"ops" is not in rules.yaml`) {
			t.Errorf("%s: %d %s", what, code, detail)
		}
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	sent := r.sent(outbox.Event{}, text("a", "u1"))
	queued := r.keep(outbox.Event{}, text("b", "u1"))[0]

	code, done, _ := r.post(fmt.Sprint(queued, "/recall"), `{"by":"alice"}`)
	r.is("queued: code", code, http.StatusOK)
	r.is("queued: answer", done, Done{ID: queued, Done: "recalled before it was sent", Deliveries: []Ref{}})
	d := r.delivery(queued)
	r.is("queued: state", d.State, outbox.Superseded)
	r.is("queued: reason", d.Reason, "recalled before it was sent")
	r.is("queued: notes", r.notes(queued), []string{"recalled by alice"})

	code, _, _ = r.post(fmt.Sprint(sent, "/recall"), "")
	r.is("sent: code", code, http.StatusAccepted)
	r.is("sent: notes", r.notes(sent), []string{"recall asked for"})
	follow := r.delivery(sent).Followups
	if len(follow) != 1 || follow[0].Kind != outbox.FollowRecall {
		t.Errorf("sent: follow-ups %+v", follow)
	}
}

// A message in flight cannot be kept back, but it is taken back afterwards.
func TestRecallInFlight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.keep(outbox.Event{}, text("a", "u1"))[0]
	d := r.begin()
	r.is("code", first(r.post("1/recall", "")), http.StatusAccepted)
	r.end(d, outbox.Sent, outbox.Result{Outcome: outbox.Accepted, TaskID: 77})
	due, _, err := r.store.ClaimFollowups(t.Context(), "ops", 10, 0)
	r.ok(err)
	if len(due) != 1 || due[0].Kind != outbox.FollowRecall || due[0].Delivery.ID != id {
		t.Errorf("due: %+v", due)
	}
}

// An acknowledgement ends the escalation of all deliveries of the event and
// rule, and without a group key of no others; a second one changes nothing.
func TestAck(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := text("c", "u3")
	other.Rule = "other"
	r.keep(outbox.Event{}, text("a", "u1"), text("b", "u2"), other)
	r.keep(outbox.Event{}, text("d", "u1"))
	due, _, err := r.store.Claim(t.Context(), "ops", 10, 0)
	r.ok(err)
	for _, d := range due {
		_, err := r.store.Reserve(t.Context(), d.Lease(), nil)
		r.ok(err)
		r.ok(r.store.Update(t.Context(), outbox.Update{
			Lease: d.Lease(), State: outbox.Sent, Attempt: &outbox.Result{Outcome: outbox.Accepted, TaskID: 77},
			Follow: []outbox.Followup{{Kind: outbox.FollowEscalate}, {Kind: outbox.FollowResult}},
		}))
	}
	for _, says := range []string{"acknowledged; deliveries of this rule about the same that are not passed on any more: 2", "it has been acknowledged already"} {
		code, done, _ := r.post("2/ack", `{"by":"alice"}`)
		r.is("code", code, http.StatusOK)
		r.is("answer", done, Done{ID: 2, Done: says, Deliveries: []Ref{}})
		for id, want := range map[int64][]string{1: {"acknowledged by alice"}, 2: {"acknowledged by alice"}, 3: nil, 4: nil} {
			d := r.delivery(id)
			r.is(fmt.Sprintf("notes of %d", id), r.notes(id), want)
			r.is(fmt.Sprintf("%d is acknowledged", id), !d.Acked.IsZero(), want != nil)
			var kinds []outbox.Kind
			for _, f := range d.Followups {
				kinds = append(kinds, f.Kind)
			}
			left := []outbox.Kind{outbox.FollowEscalate, outbox.FollowResult}
			if want != nil {
				left = left[1:]
			}
			r.is(fmt.Sprintf("follow-ups of %d", id), kinds, left)
		}
	}
}

// An acknowledgement holds for what was sent of the same alert before and after,
// by the same rule: a reminder that somebody took care of is the answer to what
// it reminds of.
func TestAckOfAGroup(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, group := range []string{"g", "g", "other"} {
		m := text("m of "+group, "u1")
		m.Escalates = true
		other := text("n of "+group, "u1")
		other.Escalates, other.Rule = true, "other"
		r.keep(outbox.Event{GroupKey: group}, m, other)
	}
	code, _, _ := r.post("3/ack", `{}`)
	r.is("code", code, http.StatusOK)
	for id, want := range map[int64]bool{1: true, 2: false, 3: true, 4: false, 5: false, 6: false} {
		r.is(fmt.Sprintf("%d is acknowledged", id), !r.delivery(id).Acked.IsZero(), want)
	}
}

// Orders that are not understood change nothing, and the answer says what to
// send instead.
func TestOrdersRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sent(outbox.Event{}, text("a", "u1"))
	before := r.delivery(1)
	for _, c := range []struct {
		path, body string
		want       int
		says       string
	}{
		{"1/resend", `{"too":["u1"]}`, 400, `unknown field`},
		{"1/resend", `{"to":"u1"}`, 400, `send none, or`},
		{"1/resend", `{} {}`, 400, `something follows it`},
		{"1/resend", `{}}`, 400, `send none, or`},
		{"1/resend", `by=alice`, 400, `send none, or`},
		{"1/resend", `{"by":"a\u001b[31m"}`, 400, `printable`},
		{"1/recall", `{"by":"` + strings.Repeat("x", 65) + `"}`, 400, `at most 64 bytes`},
		{"1/recall", `{"to":["u1"]}`, 400, `leave out to`},
		{"1/ack", `{"to":["u1"]}`, 400, `leave out to`},
		{"1/resend", `{"to":["u9"]}`, 400, `"u9" is none of those`},
		{"1/resend", `{"by":"` + strings.Repeat("x", maxOrder) + `"}`, 413, `more than 65536 bytes`},
		{"9/resend", ``, 404, `there is no delivery 9`},
		{"9/recall", ``, 404, `there is no delivery 9`},
		{"9/ack", ``, 404, `there is no delivery 9`},
		{"x/ack", ``, 404, `its id is a number`},
	} {
		code, _, detail := r.post(c.path, c.body)
		if code != c.want || !strings.Contains(detail, c.says) {
			t.Errorf("%s %.40s: %d %s; want %d %s", c.path, c.body, code, detail, c.want, c.says)
		}
	}
	r.is("the delivery", r.delivery(1), before)
}

// A page of another site cannot have anything resent, recalled or acknowledged.
func TestOrdersFromOtherSites(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sent(outbox.Event{}, text("a", "u1"))
	before := r.delivery(1)
	for _, what := range []string{"resend", "recall", "ack"} {
		req := httptest.NewRequest(http.MethodPost, "/api/v1/deliveries/1/"+what, nil)
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		r.admin.ServeHTTP(w, req)
		r.is(what, w.Code, http.StatusForbidden)
	}
	r.is("the delivery", r.delivery(1), before)
}
