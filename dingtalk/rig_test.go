package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"workbell/message"
	"workbell/secret"
)

// Credentials that need escaping in a URL, so that a leak in any form is seen.
const (
	testSecret = "s3cr3t/+&= value"
	testToken  = "t0k3n/+&= value"
	testTicket = "t1ck3t/+&= value"
)

const okSent = `{"errcode":0,"errmsg":"ok","task_id":256271667526,"request_id":"4jzllmte0wau"}`

var (
	hello = []byte(`{"msgtype":"text","text":{"content":"hello"}}`)
	lin   = message.Recipients{Users: []string{"u1"}}
)

func TestMain(m *testing.M) {
	if os.Getenv("WORKBELL_TEST_PROXIED") != "" {
		os.Exit(sendProxied())
	}
	os.Exit(m.Run())
}

// newClient returns a client of base with the test's credentials.
func newClient(t *testing.T, base string, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{BaseURL: base, AppKey: "key", AppSecret: secret.New(testSecret), AgentID: 7}
	for _, c := range change {
		c(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// thirdParty makes it a third-party app's client.
func thirdParty(o *Options) {
	o.AppKey, o.AppSecret = "", secret.Secret{}
	o.SuiteKey, o.SuiteSecret, o.AuthCorpID = "suite", secret.New(testSecret), "ding1"
	o.SuiteTicket = func() (string, error) { return testTicket, nil }
}

// api serves token requests, and everything else by handler.
func api(handler http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gettoken", func(w http.ResponseWriter, _ *http.Request) { giveToken(w, testToken) })
	mux.HandleFunc("POST /service/get_corp_token", func(w http.ResponseWriter, _ *http.Request) { giveToken(w, testToken) })
	mux.HandleFunc("/", handler)
	return mux
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func giveToken(w http.ResponseWriter, token string) {
	quoted, _ := json.Marshal(token)
	_, _ = fmt.Fprintf(w, `{"errcode":0,"access_token":%s,"errmsg":"ok","expires_in":7200}`, quoted)
}

// say answers with a body, always the same.
func say(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		_, _ = w.Write([]byte(body))
	}
}

// failed returns the *Error that err must be.
func failed(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, which is no *Error", err)
	}
	return e
}

// sendError sends, and returns the *Error that must come of it.
func sendError(t *testing.T, c *Client) *Error {
	t.Helper()
	sent, err := c.Send(t.Context(), lin, hello)
	if err == nil {
		t.Fatalf("it was sent: %+v", sent)
	}
	return failed(t, err)
}

// pipes are connections within the process: real HTTP, and time that synctest
// can turn.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	dials atomic.Int64
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	p.dials.Add(1)
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// piped returns a client of a server within the test's bubble.
func piped(t *testing.T, handler http.Handler, change ...func(*Options)) *Client {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &http.Server{Handler: handler}
	ended := make(chan struct{})
	go func() { _ = s.Serve(p); close(ended) }()
	transport := &http.Transport{DialContext: p.dial}
	c := newClient(t, "http://dingtalk.test", append(change, func(o *Options) { o.HTTP = &http.Client{Transport: transport} })...)
	t.Cleanup(func() { _ = s.Close(); <-ended })
	return c
}

// revealed says whether a text holds a credential, in whatever form.
func revealed(s string) bool {
	for _, part := range []string{"s3cr3t", "t0k3n", "t1ck3t"} {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func newSecret() secret.Secret { return secret.New(testSecret) }

// quiet swallows what a server says of clients that do not trust it.
var quiet = log.New(io.Discard, "", 0)
