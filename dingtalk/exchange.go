package dingtalk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

func noRedirects(given *http.Client) *http.Client {
	h := http.Client{Transport: defaultTransport()}
	if given != nil {
		h = *given
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

// defaultTransport keeps connections for reuse, but not for long: a server that
// closes an idle connection in the moment in which it is used leaves a POST
// without an answer, and a POST is rightly never replayed.
func defaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// request is one request of the API.
type request struct {
	method, path string
	query        url.Values
	contentType  string // "": the body is JSON
	body         []byte
	timeout      time.Duration // 0: the client's
}

// exchange makes one request and reads its answer into out. The Error that it
// returns lacks Doing, and its Message is not yet cleaned.
func (c *Client) exchange(caller context.Context, r request, out any) *Error {
	timeout := cmp.Or(r.timeout, c.timeout)
	ctx, cancel := context.WithTimeout(caller, timeout)
	defer cancel()
	var sent written
	u := c.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(sent.trace(ctx), r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return &Error{Action: Misconfigured, Outcome: Unsent, Message: "the request cannot be made; check base_url"}
	}
	req.Header.Set("User-Agent", c.userAgent)
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", cmp.Or(r.contentType, "application/json;charset=utf-8"))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return failure(caller, ctx, timeout, err, sent.nothing(ctx))
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return failure(caller, ctx, timeout, err, false)
	case len(answer) > maxAnswer:
		return unreadable(resp.StatusCode, "the answer is larger than 1 MiB")
	}
	return readAnswer(resp.StatusCode, resp.Header, answer, out)
}

// written notes how far a request has got. The transport itself repeats a POST
// only where nothing of it was written; each try begins with GotConn.
type written struct{ got, wrote atomic.Bool }

func (w *written) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { w.got.Store(true); w.wrote.Store(false) },
		WroteHeaders: func() { w.wrote.Store(true) },
	})
}

// nothing says whether it is certain that the server has not had the request:
// there was no connection, or its headers were never complete. After the end of
// ctx the writing may still have been going on.
func (w *written) nothing(ctx context.Context) bool {
	return !w.got.Load() || (!w.wrote.Load() && ctx.Err() == nil)
}

// failure is a call without a whole answer.
func failure(caller, ctx context.Context, timeout time.Duration, err error, unsent bool) *Error {
	e := &Error{Action: Unavailable, Outcome: Unknown}
	if unsent {
		e.Outcome = Unsent
	}
	var withURL *url.Error // its text has the URL, and the URL has the token
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	var certificate *tls.CertificateVerificationError
	switch {
	case caller.Err() != nil:
		e.cause = caller.Err()
		e.Message = "given up before an answer came: " + caller.Err().Error()
	case ctx.Err() != nil:
		e.Message = fmt.Sprintf("no answer within %v", timeout)
	case errors.As(err, &certificate):
		e.Action, e.RetryAfter = Misconfigured, repair
		e.Message = err.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = "the connection was closed before the answer was whole"
	default:
		e.Message = err.Error()
	}
	return e
}
