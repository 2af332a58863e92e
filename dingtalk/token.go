package dingtalk

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// ahead is how long before its end a token is renewed, without holding up
	// those who call with it (the official page of gettoken advises 10 minutes).
	ahead = 10 * time.Minute
	// renewAgain is how long a renewal ahead of time that failed waits for the
	// next; gettoken throttles those who ask too often.
	renewAgain = 30 * time.Second
	// lifetime is how long a token lives where the answer does not say.
	lifetime = 7200 * time.Second
)

// token is an access token and when it ends.
type token struct {
	value   string
	renew   time.Time // from when on it is renewed in the background
	expires time.Time
}

// Token makes sure that there is an access token, asking DingTalk for one if
// there is none that is still good: the cheapest proof that the credentials are
// right. Its error is an *Error.
func (c *Client) Token(ctx context.Context) error {
	if _, e := c.token(ctx); e != nil {
		return e
	}
	return nil
}

// TokenEnds returns when the token that is held ends; zero where none is. One
// that nobody needs is not renewed.
func (c *Client) TokenEnds() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held.expires
}

// token returns a token that has not ended. However many callers wait, one
// request is made; one of them giving up does not disturb the others.
func (c *Client) token(ctx context.Context) (string, *Error) {
	now := time.Now()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return "", closed()
	}
	held, early := c.held, c.held.value != "" && now.Before(c.held.expires)
	renew := early && !now.Before(held.renew)
	if renew {
		c.held.renew = now.Add(renewAgain)
	}
	c.mu.Unlock()
	if renew {
		c.flight.DoChan("token", c.fetch)
	}
	if early {
		return held.value, nil
	}
	return c.await(ctx, c.flight.DoChan("token", c.fetch))
}

const fetching = "getting an access token"

func closed() *Error {
	return &Error{Doing: fetching, Action: Unavailable, Outcome: Unsent, Message: "the client is closed"}
}

func (c *Client) await(ctx context.Context, answer <-chan singleflight.Result) (string, *Error) {
	select {
	case r := <-answer:
		if e, failed := r.Err.(*Error); failed { //nolint:errorlint // fetch returns it bare
			shared := *e // each waiter's own, since post writes to it
			return "", &shared
		}
		return r.Val.(string), nil
	case <-ctx.Done():
		return "", &Error{Doing: fetching, Action: Unavailable, Outcome: Unsent,
			Message: "given up before an answer came: " + ctx.Err().Error(), cause: ctx.Err()}
	}
}

// fetch asks for a token and keeps it, unless a token was refused meanwhile:
// then the answer may be that very token. Its error is an *Error.
func (c *Client) fetch() (any, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, closed()
	}
	c.wait.Add(1)
	epoch := c.epoch
	c.mu.Unlock()
	defer c.wait.Done()

	var t token
	var e *Error
	if c.suite == nil {
		t, e = c.askToken(c.life, request{method: http.MethodGet, path: "/gettoken",
			query: url.Values{"appkey": {c.key}, "appsecret": {c.secret.Reveal()}}})
	} else {
		t, e = c.corpToken(c.life)
	}
	if e != nil {
		return nil, e
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch == c.epoch {
		c.held = t
	}
	return t.value, nil
}

// askToken makes a request for a token. Secrets are what it holds of them
// besides the client's own.
func (c *Client) askToken(ctx context.Context, r request, secrets ...string) (token, *Error) {
	asked := time.Now()
	var answer struct {
		Token     string `json:"access_token"`
		ExpiresIn text   `json:"expires_in"`
	}
	e := c.exchange(ctx, r, &answer)
	if e == nil && answer.Token == "" {
		e = unreadable(http.StatusOK, "the answer holds no access_token")
	}
	if c.TokenAsked != nil {
		code := "ok"
		if e != nil {
			code = e.FullCode()
		}
		c.TokenAsked(code)
	}
	if e != nil {
		return token{}, c.tokenError(e, secrets...)
	}
	expiresIn, _ := strconv.ParseInt(string(answer.ExpiresIn), 10, 64)
	return newToken(answer.Token, expiresIn, asked), nil
}

// newToken reckons from when the token was asked for, so that it never ends
// earlier at DingTalk than here.
func newToken(value string, expiresIn int64, asked time.Time) token {
	life := lifetime
	if expiresIn > 0 && expiresIn < int64(lifetime/time.Second) {
		life = time.Duration(expiresIn) * time.Second
	}
	expires := asked.Add(life)
	return token{value: value, expires: expires, renew: expires.Add(-min(ahead, life/2))}
}

// tokenError puts an error of a token request in terms of the call that wanted the
// token: that call was never made, and no message is to blame.
func (c *Client) tokenError(e *Error, secrets ...string) *Error {
	if e.cause != nil { // the only context here is the client's own
		return closed()
	}
	e.Doing = fetching
	e.Outcome = Unsent
	c.scrub(e, secrets...)
	switch e.Action {
	case Retry:
		e.Action = Unavailable
	case RenewToken, GiveUp, BadRecipient, Tomorrow: // a refused token can only be a refused secret here
		e.Action, e.RetryAfter = Misconfigured, repair
	}
	return e
}

// drop forgets a token that DingTalk refused, if it is still the one held.
// Whoever asks from now on gets the answer to a new request.
func (c *Client) drop(refused string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held.value != refused {
		return
	}
	c.held, c.refused = token{}, refused
	c.epoch++
	c.flight.Forget("token")
}
