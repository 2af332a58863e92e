package dingtalk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"workbell/sandbox"
	"workbell/secret"
)

// shelf is a TokenStore in memory.
type shelf struct {
	mu     sync.Mutex
	sealed string
	until  time.Time
	locked bool
	fails  string // the method that fails
}

func (s *shelf) fail(method string) error {
	if s.fails == method {
		return errors.New("the disk is full, " + testSecret)
	}
	return nil
}

func (s *shelf) Load(context.Context) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sealed, s.until, s.fail("Load")
}

func (s *shelf) Lock(context.Context) (func(), bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail("Lock"); err != nil || s.locked {
		return nil, false, err
	}
	s.locked = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.locked = false
	}, true, nil
}

func (s *shelf) Save(_ context.Context, sealed string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed, s.until = sealed, until
	return s.fail("Save")
}

// on has a third-party app's client use a store.
func on(s *shelf) func(*Options) {
	return func(o *Options) { thirdParty(o); o.Tokens = s }
}

// given is how many tokens the stand-in has given.
func given(s *sandbox.Sandbox) int64 { return s.Counters().Calls[sandbox.PathCorpToken]["0"] }

func byTemplate(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.SendTemplate(t.Context(), lin, "t1", nil)
	return err
}

func TestSign(t *testing.T) {
	t.Parallel()
	const want = "Pf3FwHKyUPBqYRlE1ti0qtsOGDkSArtp2N15O/UM2zc="
	if got := sign(secret.New("suiteSecret"), "1527130370219", "TestSuiteTicket"); got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// TestReplicasShareAToken: however many call, one request is made, and what the
// store keeps is sealed.
func TestReplicasShareAToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far, store := sandbox.New(sandbox.Options{Apps: []sandbox.App{vendor()}, Limits: sandbox.Limits{CallsPerSecond: -1}}), &shelf{}
		if err := far.Fail(sandbox.Fault{Kind: sandbox.Delay, Path: "get_corp_token", Wait: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var last *Client
		for range 3 {
			c := piped(t, far.Handler(), on(store))
			last = c
			for range 10 {
				wait.Go(func() {
					if err := byTemplate(t, c); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		if n := given(far); n != 1 {
			t.Errorf("%d tokens were given", n)
		}
		if store.locked || store.sealed == "" || strings.Contains(store.sealed, last.held.value) || !store.until.Equal(last.held.expires) {
			t.Errorf("the store has %+v", store)
		}
		late := piped(t, far.Handler(), on(store))
		if err := byTemplate(t, late); err != nil || given(far) != 1 {
			t.Errorf("one that starts later: %v, %d tokens", err, given(far))
		}
	})
}

// TestReplicasRenew: ahead of its end one replica fetches a new token, which
// ends the old one; the others learn of it, and fetch none.
func TestReplicasRenew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far, store := sandbox.New(sandbox.Options{Apps: []sandbox.App{vendor()}, NewTokenEndsOld: true, Limits: sandbox.Limits{CallsPerSecond: -1}}), &shelf{}
		a, b, c := piped(t, far.Handler(), on(store)), piped(t, far.Handler(), on(store)), piped(t, far.Handler(), on(store))
		for _, replica := range []*Client{a, b, c} {
			if err := byTemplate(t, replica); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Minute) // before a renews; the others' are not due
		if err := byTemplate(t, b); err != nil || given(far) != 1 {
			t.Fatalf("%v, %d tokens", err, given(far))
		}
		time.Sleep(10*time.Minute + time.Second)
		if err := byTemplate(t, a); err != nil { // with the old one; begins the renewal
			t.Fatal(err)
		}
		synctest.Wait()
		if n := given(far); n != 2 {
			t.Fatalf("%d tokens were given", n)
		}
		if err := byTemplate(t, a); err != nil {
			t.Errorf("with the new one: %v", err)
		}
		b.mu.Lock()
		b.held.renew = time.Now().Add(time.Hour) // so that b learns by a refusal, c by its own renewal
		b.mu.Unlock()
		if e := failed(t, byTemplate(t, b)); e.Action != RenewToken {
			t.Errorf("with the old one: %v", e)
		}
		if err := byTemplate(t, b); err != nil {
			t.Errorf("after the refusal: %v", err)
		}
		if err := c.Token(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if err := byTemplate(t, c); err != nil {
			t.Errorf("after its own renewal: %v", err)
		}
		if n := given(far); n != 2 {
			t.Errorf("%d tokens were given", n)
		}
	})
}

// TestARefusedTokenIsNotTakenAgain from the store, where it still stands.
func TestARefusedTokenIsNotTakenAgain(t *testing.T) {
	t.Parallel()
	far, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{vendor()}}, on(&shelf{}))
	if err := byTemplate(t, c); err != nil {
		t.Fatal(err)
	}
	far.ExpireTokens()
	if e := failed(t, byTemplate(t, c)); e.Action != RenewToken {
		t.Fatalf("%s, %v", e.Action, e)
	}
	if err := byTemplate(t, c); err != nil || given(far) != 2 {
		t.Errorf("%v, %d tokens", err, given(far))
	}
}

// TestStoredTokenOfAnotherSecret, or one that has ended, or is none, is as good
// as none.
func TestStoredTokenOfAnotherSecret(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]*shelf{
		"another secret": {sealed: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", until: time.Now().Add(time.Hour)},
		"no base64":      {sealed: "%", until: time.Now().Add(time.Hour)},
		"ended":          {sealed: base64.StdEncoding.EncodeToString(Seal(newSecret(), []byte("t"))), until: time.Now()},
	} {
		far, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{vendor()}}, on(store))
		if err := byTemplate(t, c); err != nil || given(far) != 1 {
			t.Errorf("%s: %v, %d tokens", name, err, given(far))
		}
	}
}

// TestStoreFails: no message is to blame, nothing is left locked, and no secret
// is told.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Load", "Lock", "Save"} {
		store := &shelf{fails: method}
		_, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{vendor()}}, on(store))
		e := failed(t, byTemplate(t, c))
		if e.Action != Unavailable || e.Outcome != Unsent || !strings.Contains(e.Error(), "the disk is full") || revealed(e.Error()) {
			t.Errorf("%s: %s, %s, %v", method, e.Action, e.Outcome, e)
		}
		if store.locked {
			t.Errorf("%s: it is locked still", method)
		}
		store.fails = ""
		if err := byTemplate(t, c); err != nil {
			t.Errorf("%s, once it is over: %v", method, err)
		}
	}
}

// TestLeaseOfADeadReplica: it is waited for as long as a call may take, and
// Close does not wait.
func TestLeaseOfADeadReplica(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far, store := sandbox.New(sandbox.Options{Apps: []sandbox.App{vendor()}}), &shelf{locked: true}
		c := piped(t, far.Handler(), on(store))
		began := time.Now()
		if e := failed(t, byTemplate(t, c)); e.Action != Unavailable || e.Outcome != Unsent || time.Since(began) != Timeout {
			t.Errorf("after %v: %s, %v", time.Since(began), e.Action, e)
		}
		time.AfterFunc(5*time.Second, func() {
			store.mu.Lock()
			defer store.mu.Unlock()
			store.locked = false // the lease has ended
		})
		if err := byTemplate(t, c); err != nil {
			t.Errorf("once the lease has ended: %v", err)
		}
		closing := piped(t, far.Handler(), on(&shelf{locked: true}))
		time.AfterFunc(time.Second, closing.Close)
		began = time.Now()
		if e := failed(t, byTemplate(t, closing)); time.Since(began) != time.Second || e.Outcome != Unsent {
			t.Errorf("closed after %v: %v", time.Since(began), e)
		}
	})
}

// TestSuiteTicket is read at every token request; without one a person has to
// act.
func TestSuiteTicket(t *testing.T) {
	t.Parallel()
	var ticket atomic.Value
	ticket.Store("")
	far, c := sandboxed(t, sandbox.Options{Apps: []sandbox.App{vendor()}}, thirdParty, func(o *Options) {
		o.SuiteTicket = func() (string, error) {
			if v := ticket.Load().(string); v != "gone" {
				return v, nil
			}
			return "", fmt.Errorf("open /run/ticket: no such file, %s", testSecret)
		}
	})
	for value, says := range map[string]string{"": "it is empty", "gone": "no such file", "old": Words("40085")} {
		ticket.Store(value)
		if e := failed(t, byTemplate(t, c)); e.Action != Misconfigured || e.Outcome != Unsent || !strings.Contains(e.Error(), says) || revealed(e.Error()) {
			t.Errorf("%q: %s, %s, %v", value, e.Action, e.Outcome, e)
		}
	}
	ticket.Store(testTicket)
	if err := byTemplate(t, c); err != nil {
		t.Fatal(err)
	}
	renewed := vendor()
	renewed.SuiteTicket = "next"
	far.Adopt(renewed)
	ticket.Store("next")
	far.ExpireTokens()
	if e := failed(t, byTemplate(t, c)); e.Action != RenewToken {
		t.Fatal(e)
	}
	if err := byTemplate(t, c); err != nil {
		t.Errorf("with the next ticket: %v", err)
	}
}

// TestCorpTokenErrors: a clock that is off, and other faults of the signature,
// are for a person to put right; none tells the signature.
func TestCorpTokenErrors(t *testing.T) {
	t.Parallel()
	off := func() time.Time { return time.Now().Add(2 * time.Minute) }
	for name, c := range map[string]struct {
		o      sandbox.Options
		change func(*Options)
		code   string
	}{
		"clock":        {sandbox.Options{Now: off}, thirdParty, "853002"},
		"suite key":    {sandbox.Options{}, func(o *Options) { thirdParty(o); o.SuiteKey = "x" }, "853003"},
		"suite secret": {sandbox.Options{}, func(o *Options) { thirdParty(o); o.SuiteSecret = secret.New("x") }, "853004"},
		"organisation": {sandbox.Options{}, func(o *Options) { thirdParty(o); o.AuthCorpID = "x" }, "41030"},
	} {
		c.o.Apps = []sandbox.App{vendor()}
		_, client := sandboxed(t, c.o, c.change)
		if e := failed(t, client.Token(t.Context())); !e.HasCode(c.code) || e.Action != Misconfigured || e.Outcome != Unsent {
			t.Errorf("%s: %s, %v", name, e.Action, e)
		}
	}
	signatures := make(chan string, 1)
	told := newClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signatures <- r.URL.Query().Get("signature")
		tell(w, 200, `{"errcode":853004,"errmsg":%q}`, r.URL.Query().Get("signature")+" "+r.URL.String())
	})), thirdParty)
	e := failed(t, told.Token(t.Context()))
	if signature := <-signatures; signature == "" || strings.Contains(e.Error(), signature) || revealed(e.Error()) {
		t.Error(e)
	}
}
