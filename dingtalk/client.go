package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"workbell/secret"
)

// Limits of one call.
const (
	// Timeout is how long a call may take in all, from looking up the address
	// to the last byte of the answer.
	Timeout = 10 * time.Second
	// maxAnswer is the most bytes of an answer that are read.
	maxAnswer = 1 << 20
	// maxMessage is the most bytes of Error.Message, maxID of a code or an id.
	maxMessage = 500
	maxID      = 64
)

// Options say whom to call, and in whose name.
type Options struct {
	// BaseURL is the legacy host: https://oapi.dingtalk.com or
	// https://oapi.dingtalk.io.
	BaseURL   string
	AppKey    string
	AppSecret secret.Secret
	AgentID   int64
	// HTTP is used with its transport and without following redirects; nil: a
	// client with connection reuse, HTTP/2 and the environment's proxy.
	HTTP      *http.Client
	UserAgent string        // default "workbell"
	Timeout   time.Duration // of one call; 0: Timeout
}

// Client calls DingTalk in the name of one app. Its methods may be called
// concurrently.
type Client struct {
	base      *url.URL
	appKey    string
	appSecret secret.Secret
	agentID   int64
	http      *http.Client
	userAgent string
	timeout   time.Duration

	life   context.Context // of token requests, which belong to no one caller
	end    context.CancelFunc
	flight singleflight.Group
	mu     sync.Mutex // guards what follows
	held   token
	epoch  int // counts refused tokens
	closed bool
	wait   sync.WaitGroup
}

// New returns a client. It makes no call. Its error names the option at fault.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.BaseURL)
	switch {
	case err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") || base.RawQuery != "" || base.Fragment != "" || base.User != nil:
		return nil, errors.New("base_url: not of the form https://oapi.dingtalk.com")
	case o.AppKey == "":
		return nil, errors.New("app_key: missing")
	case o.AppSecret.Empty():
		return nil, errors.New("app_secret: missing")
	case o.AgentID <= 0:
		return nil, fmt.Errorf("agent_id: %d is not the id of an app; copy it from the app's page in the developer console", o.AgentID)
	}
	c := &Client{base: base, appKey: o.AppKey, appSecret: o.AppSecret, agentID: o.AgentID,
		http: noRedirects(o.HTTP), userAgent: o.UserAgent, timeout: o.Timeout}
	if c.userAgent == "" {
		c.userAgent = "workbell"
	}
	if c.timeout <= 0 {
		c.timeout = Timeout
	}
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

// Close ends token requests that are under way, waits for them, and closes idle
// connections. Calls that have their token go on; calls after it fail.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.wait.Wait()
	c.http.CloseIdleConnections()
}

// post makes one call with the token, and drops the token if it is refused.
func (c *Client) post(ctx context.Context, doing, path string, body []byte, out any) *Error {
	tok, e := c.token(ctx)
	if e != nil {
		e.Doing = doing + ": " + e.Doing
		return e
	}
	e = c.exchange(ctx, http.MethodPost, path, url.Values{"access_token": {tok}}, body, out)
	if e == nil {
		return nil
	}
	if e.Action == RenewToken {
		c.drop(tok)
	}
	e.Doing = doing
	c.scrub(e, tok)
	return e
}
