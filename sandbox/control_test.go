package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestControls(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	const order = `{"kind":"throttle_all","path":"asyncsend_v2","times":3,"for":"1m30s","probability":0.5,"wait":"10s"}`
	if a := r.do("POST", "/sandbox/faults", "application/json", order); a.Status != http.StatusNoContent {
		t.Fatal(a.Raw)
	}
	got := r.get("/sandbox/faults").Raw
	if want := "[" + order + "]\n"; got != want {
		t.Errorf("listed as %s, not %s", got, want)
	}
	if a := r.do("DELETE", "/sandbox/faults", "", ""); a.Status != http.StatusNoContent || r.get("/sandbox/faults").Raw != "[]\n" {
		t.Error("not healed")
	}
	for i := range 3 {
		r.sent("u1", fmt.Sprint(i))
	}
	var ledger struct {
		Counters Counters
		Calls    []Call
	}
	raw := r.get("/sandbox/ledger?limit=2").Raw
	if err := json.Unmarshal([]byte(raw), &ledger); err != nil {
		t.Fatal(err)
	}
	calls := r.s.Calls()
	if d := cmp.Diff(calls[1:], ledger.Calls); d != "" {
		t.Error(d)
	}
	var counters Counters
	if err := json.Unmarshal([]byte(r.get("/sandbox/counters").Raw), &counters); err != nil {
		t.Fatal(err)
	}
	want := Counters{Accepted: 3, Rings: 3, Calls: map[string]map[string]int64{PathToken: {"0": 1}, PathSend: {"0": 3}}}
	for _, got := range []Counters{counters, ledger.Counters, r.s.Counters()} {
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	for _, limit := range []string{"0", "-1", "1001", "x"} {
		if a := r.get("/sandbox/ledger?limit=" + limit); a.Status != http.StatusBadRequest || !strings.Contains(a.Raw, "from 1 to 1000") {
			t.Errorf("limit %s: %d %s", limit, a.Status, a.Raw)
		}
	}
	r.do("POST", "/sandbox/read?user=u1", "", "")
	if got := r.fates(calls[0].TaskID); got != "u1 read" {
		t.Error(got)
	}
	if a := r.do("POST", "/sandbox/reset", "", ""); a.Status != http.StatusNoContent || len(r.s.Calls()) != 0 {
		t.Errorf("reset: %d", a.Status)
	}
	if a := r.get("/sandbox/nothing"); a.Status != http.StatusNotFound {
		t.Errorf("an unknown control: %d", a.Status)
	}
}

// TestOtherSitesHaveNoControl: a page of another site, open in the same
// browser, can neither reset nor order faults.
func TestOtherSitesHaveNoControl(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	for _, c := range []struct{ method, path string }{
		{"POST", "/sandbox/reset"}, {"POST", "/sandbox/faults"}, {"DELETE", "/sandbox/faults"}, {"POST", "/sandbox/read?user=u1"},
	} {
		for _, head := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"http://evil.example"}}} {
			req, err := http.NewRequestWithContext(t.Context(), c.method, r.base+c.path, strings.NewReader(`{"kind":"outage"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = head
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s with %v: %d", c.method, c.path, head, resp.StatusCode)
			}
		}
	}
}

// TestCopies: what callers are given is theirs.
func TestCopies(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	task := r.sent("u1", "x")
	r.s.Calls()[0].Recipients[0].Fate = Failed
	r.s.Counters().Calls[PathSend]["0"] = 99
	if got := r.fates(task); got != "u1 unread" || r.s.Counters().Calls[PathSend]["0"] != 1 {
		t.Errorf("%s, %v", got, r.s.Counters().Calls)
	}
}

// TestConcurrency runs everything at once: what is counted adds up, and the
// race detector sees no fault.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	r := open(t, Options{AdoptUnknown: true, Ledger: 50, Limits: Limits{RecipientsPerMinute: 100, CallsPerSecond: -1, CallsPerAddress: 1_000_000}})
	const workers, each = 8, 25
	var senders, others sync.WaitGroup
	for w := range workers {
		senders.Go(func() {
			for i := range each {
				task := r.sent(fmt.Sprintf("w%d,u1", w), fmt.Sprint(w, i))
				r.ask(PathProgress, task)
				r.ask(PathResult, task)
			}
		})
	}
	stop := make(chan struct{})
	for _, look := range []func(){
		func() { r.get("/?user=u1") },
		func() { r.get("/sandbox/ledger") },
		func() { r.s.Read("u1"); r.pass(time.Microsecond) },
		func() {
			if err := r.s.Fail(Fault{Kind: Refuse, Path: "nothing", Times: 1}); err != nil {
				t.Error(err)
			}
			r.s.Faults()
			r.s.Heal()
		},
	} {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					look()
				}
			}
		})
	}
	senders.Wait()
	close(stop)
	others.Wait()
	c := r.s.Counters()
	if c.Accepted != workers*each || c.Rings != 100 || c.Rings+c.Dropped != 2*workers*each {
		t.Errorf("%+v", c)
	}
	if n := c.Calls[PathSend]["0"]; n != workers*each {
		t.Errorf("%d calls", n)
	}
}

// TestAccountsOfPathsAreBounded: whoever probes thousands of paths does not
// fill memory.
func TestAccountsOfPathsAreBounded(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	for i := range 2 * maxPaths {
		r.get(fmt.Sprint("/probe", i))
	}
	if n := len(r.s.Counters().Calls); n > maxPaths+1 {
		t.Errorf("%d paths", n)
	}
	if n := len(r.s.page("").Refused); n != maxRefusals {
		t.Errorf("%d refusals", n)
	}
}
