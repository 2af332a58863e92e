package dingtalk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"workbell/secret"
)

// TokenStore keeps the access token of one third-party app where all replicas
// find it. Every answer of get_corp_token is a new token, and whether it ends
// the one before is not known: replicas that each fetched their own might
// end each other's without end.
//
// What is kept is sealed with the suite secret; the store never has the token
// itself. Errors mean that the store cannot be used now.
type TokenStore interface {
	// Load returns what Save kept last and until when it is good, or "".
	Load(ctx context.Context) (sealed string, until time.Time, err error)
	// Lock takes the lease to fetch a token. Where another has it ok is false
	// and there is nothing to unlock. The lease has to outlast Timeout, and ends
	// by itself where its holder has died.
	Lock(ctx context.Context) (unlock func(), ok bool, err error)
	// Save keeps a token in place of the one before.
	Save(ctx context.Context, sealed string, until time.Time) error
}

// lookAgain is how long to wait before looking for the token that another
// replica is fetching.
const lookAgain = 250 * time.Millisecond

// suite is what a third-party app has besides its key and secret.
type suite struct {
	corp   string
	ticket func() (string, error)
	tokens TokenStore // nil: none
}

// corpToken returns a token from the store, or where that has none that is
// good fetches one and keeps it there, as the only one of all replicas. It waits
// for another's as long as one call may take.
func (c *Client) corpToken(ctx context.Context) (token, *Error) {
	if c.suite.tokens == nil {
		return c.getCorpToken(ctx)
	}
	for began := time.Now(); ; {
		unlock, ok, err := c.suite.tokens.Lock(ctx)
		if err != nil {
			return token{}, c.storeError("taking the lease to fetch one", err)
		}
		if ok {
			defer unlock()
		}
		t, err := c.stored(ctx)
		switch {
		case err != nil:
			return token{}, c.storeError("looking for it in the store", err)
		case t.value != "":
			return t, nil
		case ok:
			return c.getAndSave(ctx)
		case time.Since(began) >= c.timeout:
			return token{}, &Error{Doing: fetching, Action: Unavailable, Outcome: Unsent,
				Message: fmt.Sprintf("another replica has been fetching it for %v", c.timeout)}
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return token{}, closed()
		}
	}
}

func (c *Client) getAndSave(ctx context.Context) (token, *Error) {
	t, e := c.getCorpToken(ctx)
	if e != nil {
		return token{}, e
	}
	sealed := base64.StdEncoding.EncodeToString(Seal(c.secret, []byte(t.value)))
	if err := c.suite.tokens.Save(ctx, sealed, t.expires); err != nil {
		return token{}, c.storeError("keeping it in the store", err)
	}
	return t, nil
}

// stored returns the store's token, if it is another than this client already
// holds or had refused. What cannot be opened, since the suite secret has
// changed, is none.
func (c *Client) stored(ctx context.Context) (token, error) {
	text, until, err := c.suite.tokens.Load(ctx)
	if err != nil {
		return token{}, err
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return token{}, nil
	}
	plain, err := Open(c.secret, sealed)
	if err != nil {
		return token{}, nil
	}
	value, now := string(plain), time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if value == c.held.value || value == c.refused || !now.Before(until) {
		return token{}, nil
	}
	return token{value: value, expires: until, renew: until.Add(-min(ahead, until.Sub(now)/2))}, nil
}

// storeError is a token that could not be had for the store's sake.
func (c *Client) storeError(doing string, err error) *Error {
	if c.life.Err() != nil {
		return closed()
	}
	e := &Error{Doing: fetching, Action: Unavailable, Outcome: Unsent, Message: doing + ": " + err.Error()}
	c.scrub(e)
	return e
}

// getCorpToken asks get_corp_token for a token of the organisation (official
// page "Obtain the access_token of a third-party enterprise"); DingTalk refuses
// a timestamp that is more than a minute off (853002).
func (c *Client) getCorpToken(ctx context.Context) (token, *Error) {
	ticket, err := c.suite.ticket()
	if err == nil && ticket == "" {
		err = fmt.Errorf("it is empty")
	}
	if err != nil {
		e := &Error{Doing: fetching, Action: Misconfigured, Outcome: Unsent, RetryAfter: repair, Message: "reading the suite ticket: " + err.Error()}
		c.scrub(e)
		return token{}, e
	}
	body, err := json.Marshal(map[string]string{"auth_corpid": c.suite.corp})
	if err != nil {
		return token{}, &Error{Doing: fetching, Action: Misconfigured, Outcome: Unsent, RetryAfter: repair, Message: "auth_corp_id: " + err.Error()}
	}
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	signature := sign(c.secret, timestamp, ticket)
	return c.askToken(ctx, request{method: http.MethodPost, path: "/service/get_corp_token", body: body, query: url.Values{
		"accessKey": {c.key}, "timestamp": {timestamp}, "suiteTicket": {ticket}, "signature": {signature},
	}}, ticket, signature)
}

// sign is the signature of a suite's calls: base64 of HMAC-SHA256 under the
// suite secret over the timestamp in milliseconds, a newline and the ticket.
func sign(key secret.Secret, timestamp, ticket string) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(timestamp + "\n" + ticket))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
