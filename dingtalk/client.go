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
	BaseURL string
	AgentID int64
	// AppKey and AppSecret are an internal app's; with SuiteKey they are not read.
	AppKey    string
	AppSecret secret.Secret

	// SuiteKey makes it a third-party app, in the organisation AuthCorpID.
	SuiteKey    string
	SuiteSecret secret.Secret
	AuthCorpID  string
	// SuiteTicket is called for every token request: DingTalk pushes a new
	// ticket about every five hours, and the latest counts.
	SuiteTicket func() (string, error)
	// Tokens keeps a third-party app's token for all replicas; nil: each client
	// has its own.
	Tokens TokenStore

	// HTTP is used with its transport and without following redirects; nil: a
	// client with connection reuse, HTTP/2 and the environment's proxy.
	HTTP      *http.Client
	UserAgent string        // default "workbell"
	Timeout   time.Duration // of one call; 0: Timeout
}

// Client calls DingTalk in the name of one app. Its methods may be called
// concurrently.
type Client struct {
	// TokenAsked, set before the first call, is told of each request for a token:
	// DingTalk's code, "ok", or "" where no answer came. It should return at once.
	TokenAsked func(code string)

	base      *url.URL
	key       string        // app_key or suite_key
	secret    secret.Secret // app_secret or suite_secret
	agentID   int64
	suite     *suite // nil: an internal app
	http      *http.Client
	userAgent string
	timeout   time.Duration

	life    context.Context // of token requests, which belong to no one caller
	end     context.CancelFunc
	flight  singleflight.Group
	mu      sync.Mutex // guards what follows
	held    token
	refused string // the token that was refused last
	epoch   int    // counts refused tokens
	closed  bool
	wait    sync.WaitGroup
}

// New returns a client. It makes no call. Its error names the option at fault.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, errors.New("base_url: not of the form https://oapi.dingtalk.com")
	}
	if o.AgentID <= 0 {
		return nil, fmt.Errorf("agent_id: %d is not the id of an app; copy it from the app's page in the developer console", o.AgentID)
	}
	c := &Client{base: base, key: o.AppKey, secret: o.AppSecret, agentID: o.AgentID,
		http: noRedirects(o.HTTP), userAgent: o.UserAgent, timeout: o.Timeout}
	if o.SuiteKey != "" {
		c.key, c.secret, c.suite = o.SuiteKey, o.SuiteSecret, &suite{corp: o.AuthCorpID, ticket: o.SuiteTicket, tokens: o.Tokens}
	}
	if err := o.checkCredentials(); err != nil {
		return nil, err
	}
	if c.userAgent == "" {
		c.userAgent = "workbell"
	}
	if c.timeout <= 0 {
		c.timeout = Timeout
	}
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

// checkCredentials says which credential of the kind of app is missing.
func (o *Options) checkCredentials() error {
	switch {
	case o.SuiteKey == "" && o.AppKey == "":
		return errors.New("app_key: missing")
	case o.SuiteKey == "" && o.AppSecret.Empty():
		return errors.New("app_secret: missing")
	case o.SuiteKey == "":
		return nil
	case o.SuiteSecret.Empty():
		return errors.New("suite_secret: missing")
	case o.SuiteTicket == nil:
		return errors.New("suite_ticket_file: missing")
	case o.AuthCorpID == "":
		return errors.New("auth_corp_id: missing")
	}
	return nil
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

// post makes one call with a body of JSON.
func (c *Client) post(ctx context.Context, doing, path string, body []byte, out any) *Error {
	return c.call(ctx, doing, request{path: path, body: body}, out)
}

// call makes one POST with the token, and drops the token if it is refused.
func (c *Client) call(ctx context.Context, doing string, r request, out any) *Error {
	tok, e := c.token(ctx)
	if e != nil {
		e.Doing = doing + ": " + e.Doing
		return e
	}
	r.method = http.MethodPost
	if r.query == nil {
		r.query = url.Values{}
	}
	r.query.Set("access_token", tok)
	e = c.exchange(ctx, r, out)
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
