package dingtalk

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// tokens serves gettoken with t1, t2 …, and every other path with okSent where
// the token is accepted, else with 88/40014.
type tokens struct {
	mu      sync.Mutex
	given   int
	expires int    // seconds
	only    string // the token that is accepted; "" all
	calls   []string
	before  func(n int) // of the answer to the n-th gettoken
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/gettoken" {
		s.given++
		n, wait := s.given, s.before
		if wait != nil {
			s.mu.Unlock()
			wait(n)
			s.mu.Lock()
		}
		say(`{"errcode":0,"access_token":"t`+strconv.Itoa(n)+`","expires_in":`+strconv.Itoa(s.expires)+`}`)(w, r)
		return
	}
	used := r.URL.Query().Get("access_token")
	s.calls = append(s.calls, used)
	if s.only != "" && used != s.only {
		say(`{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token"}`)(w, r)
		return
	}
	say(okSent)(w, r)
}

func (s *tokens) seen() (given int, calls string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given, strings.Join(s.calls, " ")
}

func (s *tokens) accept(only string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.only = only
}

func TestOneRequestForATokenHoweverManyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := &tokens{expires: 7200, before: func(int) { time.Sleep(3 * time.Second) }}
		c := piped(t, far)
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				if _, err := c.Send(t.Context(), lin, hello); err != nil {
					t.Error(err)
				}
			})
		}
		quitter, quit := context.WithTimeout(t.Context(), time.Second)
		defer quit()
		if err := c.Token(quitter); !errors.Is(err, context.DeadlineExceeded) || failed(t, err).Outcome != Unsent {
			t.Errorf("who gave up got %v", err)
		}
		wait.Wait()
		if given, calls := far.seen(); given != 1 || strings.Count(calls, "t1") != 50 {
			t.Errorf("%d requests for a token; calls with %s", given, calls)
		}
	})
}

// TestRenewedAhead: ten minutes before its end a token is renewed behind the
// back of a call, which does not wait.
func TestRenewedAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := &tokens{expires: 7200}
		c := piped(t, far)
		send := func(at time.Duration, wantTokens int) {
			t.Helper()
			time.Sleep(at)
			if _, err := c.Send(t.Context(), lin, hello); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if given, _ := far.seen(); given != wantTokens {
				t.Fatalf("%d tokens were asked for, not %d", given, wantTokens)
			}
		}
		send(0, 1)
		send(110*time.Minute-time.Second, 1)
		far.before = func(int) { time.Sleep(5 * time.Second) }
		began := time.Now()
		send(time.Second, 2)
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("the call waited %v for the renewal", waited-time.Second)
		}
		send(time.Second, 2) // and asks but once
		send(5*time.Second, 2)
		if _, calls := far.seen(); calls != "t1 t1 t1 t1 t2" {
			t.Errorf("calls with %s", calls)
		}
	})
}

// TestRenewalFails: as long as the old token is good nobody notices, and
// gettoken is asked again only after half a minute.
func TestRenewalFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := &tokens{expires: 7200}
		var down atomic.Bool
		var asked atomic.Int64
		c := piped(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/gettoken" && down.Load() {
				asked.Add(1)
				say(`{"errcode":-1,"errmsg":"系统繁忙"}`)(w, r)
				return
			}
			far.ServeHTTP(w, r)
		}))
		if err := c.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		down.Store(true)
		time.Sleep(111 * time.Minute)
		for range 60 { // a minute
			if _, err := c.Send(t.Context(), lin, hello); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times in a minute, not 2", n)
		}
		time.Sleep(10 * time.Minute)
		if e := sendError(t, c); e.Action != Unavailable || e.Outcome != Unsent || e.Code != "-1" {
			t.Errorf("with no token left: %+v", e)
		}
		down.Store(false)
		if _, err := c.Send(t.Context(), lin, hello); err != nil {
			t.Errorf("it does not recover: %v", err)
		}
	})
}

func TestARefusedTokenIsDroppedOnce(t *testing.T) {
	t.Parallel()
	far := &tokens{expires: 7200, only: "t2"}
	c := newClient(t, serve(t, far))
	if err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	const callers = 20
	var wait sync.WaitGroup
	for range callers { // all with t1, refused one after the other
		wait.Go(func() {
			for try := 1; ; try++ {
				_, err := c.Send(t.Context(), lin, hello)
				if err == nil {
					return
				}
				if e := failed(t, err); e.Action != RenewToken || e.Outcome != Rejected || try == 2 {
					t.Errorf("try %d: %v", try, err)
					return
				}
			}
		})
	}
	wait.Wait()
	if given, calls := far.seen(); given != 2 || strings.Count(calls, "t2") != callers {
		t.Errorf("%d tokens for one refusal; calls with %s", given, calls)
	}
	c.drop("t1") // a refusal that comes late
	if got, _ := c.token(t.Context()); got != "t2" {
		t.Errorf("a late refusal of t1 dropped t2; now %q", got)
	}
}

// TestATokenAskedForBeforeARefusalIsNotKept: gettoken may have answered with
// the very token that is refused meanwhile.
func TestATokenAskedForBeforeARefusalIsNotKept(t *testing.T) {
	t.Parallel()
	asked, refused := make(chan struct{}), make(chan struct{})
	far := &tokens{expires: 7200, before: func(n int) {
		if n == 2 {
			close(asked)
			<-refused
		}
	}}
	c := newClient(t, serve(t, far))
	if err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	c.held.renew = time.Now()
	c.mu.Unlock()
	if _, err := c.Send(t.Context(), lin, hello); err != nil { // begins the renewal with t2
		t.Fatal(err)
	}
	<-asked
	far.accept("t3")
	if e := sendError(t, c); e.Action != RenewToken {
		t.Fatal(e)
	}
	close(refused)
	c.wait.Wait() // t2 has come
	if _, err := c.Send(t.Context(), lin, hello); err != nil {
		t.Errorf("t2 was kept: %v", err)
	}
	if given, calls := far.seen(); given != 3 || calls != "t1 t1 t3" {
		t.Errorf("%d tokens; calls with %s", given, calls)
	}
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		said           int64
		expires, renew time.Duration
	}{
		{7200, 2 * time.Hour, 110 * time.Minute},
		{0, 2 * time.Hour, 110 * time.Minute},
		{-1, 2 * time.Hour, 110 * time.Minute},
		{1 << 60, 2 * time.Hour, 110 * time.Minute},
		{600, 10 * time.Minute, 5 * time.Minute},
		{2, 2 * time.Second, time.Second},
	} {
		got := newToken("t", c.said, asked)
		if got.expires.Sub(asked) != c.expires || got.renew.Sub(asked) != c.renew {
			t.Errorf("expires_in %d: ends after %v, is renewed after %v", c.said, got.expires.Sub(asked), got.renew.Sub(asked))
		}
	}
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   string
		status int
		want   Action
		says   string
	}{
		"expires_in as string": {body: `{"errcode":"0","access_token":"t","expires_in":"7200"}`},
		"expires_in absent":    {body: `{"errcode":0,"access_token":"t"}`},
		"wrong secret":         {body: `{"errcode":40096,"errmsg":"不合法的appKey或appSecret"}`, want: Misconfigured, says: "app_key or app_secret is wrong"},
		"wrong, by the table":  {body: `{"errcode":40089,"errmsg":"?"}`, want: Misconfigured, says: "app_key or app_secret is wrong"},
		"wrong as a token":     {body: `{"errcode":40001,"errmsg":"?"}`, want: Misconfigured},
		"missing":              {body: `{"errcode":40035,"errmsg":"缺少参数 corpid or appkey"}`, want: Misconfigured, says: "缺少参数"},
		"a bad user":           {body: `{"errcode":40003}`, want: Misconfigured},
		"for today":            {body: `{"errcode":41045}`, want: Misconfigured},
		"too large":            {status: 413, want: Misconfigured},
		"busy":                 {body: `{"errcode":-1,"errmsg":"系统繁忙"}`, want: Unavailable},
		"unknown code":         {body: `{"errcode":777777}`, want: Unavailable},
		"throttled":            {body: `{"errcode":88,"sub_code":"90018"}`, want: SlowDown},
		"shut out":             {body: `{"status":1111,"punish":"deny"}`, want: SlowDown},
		"month used up":        {body: `{"errcode":90020}`, want: QuotaUsedUp},
		"a gateway's page":     {status: 503, want: Unavailable},
		"no token":             {body: `{"errcode":0,"errmsg":"ok"}`, want: Unavailable, says: "no access_token"},
		"another form":         {body: `{"errcode":0,"access_token":[]}`, want: Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.status != 0 {
					w.WriteHeader(c.status)
				}
				say(c.body)(w, r)
			})))
			err := client.Token(t.Context())
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, e := range []*Error{failed(t, err), sendError(t, client)} {
				if e.Action != c.want || e.Outcome != Unsent || !strings.Contains(e.Error(), c.says) || !strings.HasSuffix(e.Doing, fetching) {
					t.Errorf("%s, %s, %q: %v", e.Action, e.Outcome, e.Doing, e)
				}
				if e.Action == Misconfigured && e.RetryAfter != time.Minute {
					t.Errorf("waits %v", e.RetryAfter)
				}
			}
		})
	}
}

// TestGettokenRequest: a GET with both in the query, and no body.
func TestGettokenRequest(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 1)
	c := newClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r
		giveToken(w, testToken)
	}))+"/under/")
	if err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if q := r.URL.Query(); r.Method != "GET" || r.URL.Path != "/under/gettoken" || q.Get("appkey") != "key" || q.Get("appsecret") != testSecret ||
		len(q) != 2 || r.ContentLength != 0 || r.Header.Get("User-Agent") != "workbell" {
		t.Errorf("%s %s, %v", r.Method, r.URL, r.Header)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	asked, free := make(chan struct{}), make(chan struct{})
	c := newClient(t, serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		select {
		case <-r.Context().Done():
		case <-free:
		}
	})))
	t.Cleanup(func() { close(free) })
	waiting := make(chan error, 1)
	go func() { waiting <- c.Token(t.Context()) }()
	<-asked
	c.Close()
	e := failed(t, <-waiting)
	if e.Action != Unavailable || e.Outcome != Unsent || errors.Is(e, context.Canceled) || !strings.Contains(e.Error(), "the client is closed") {
		t.Errorf("who waited for a token got %v", e)
	}
	c.Close() // again
	if e := failed(t, c.Token(t.Context())); !strings.Contains(e.Error(), "the client is closed") {
		t.Errorf("after Close: %v", e)
	}
}

// TestClosedWithToken: also a client that holds a token makes no calls after
// Close.
func TestClosedWithToken(t *testing.T) {
	t.Parallel()
	far := &tokens{expires: 7200}
	c := newClient(t, serve(t, far))
	if err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if e := sendError(t, c); e.Outcome != Unsent || !strings.Contains(e.Error(), "the client is closed") {
		t.Error(e)
	}
	if _, calls := far.seen(); calls != "" {
		t.Errorf("it called with %s", calls)
	}
}

// TestTokenAsked tells of each request for a token how it ended, and of the
// token that is held when it ends.
func TestTokenAsked(t *testing.T) {
	t.Parallel()
	answers := []http.HandlerFunc{say(`{"errcode":40089,"errmsg":"不合法的corpid或corpsecret"}`), say("<html>"), say(`{"errcode":0,"access_token":"t1","expires_in":7200}`)}
	c := newClient(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[0](w, r)
		answers = answers[1:]
	})))
	var told []string
	c.TokenAsked = func(code string) { told = append(told, code) }
	for range answers {
		if ends := c.TokenEnds(); !ends.IsZero() {
			t.Errorf("no token is held, and ends at %v", ends)
		}
		_ = c.Token(t.Context())
	}
	if got := strings.Join(told, ","); got != "40089,,ok" {
		t.Errorf("told of %q", got)
	}
	if !c.TokenEnds().After(time.Now()) {
		t.Errorf("the token ends at %v", c.TokenEnds())
	}
}
