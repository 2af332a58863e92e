package dingtalk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// cut closes the connection, after part of an answer if there is one.
func cut(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = buf.WriteString(part)
		_ = buf.Flush()
		_ = conn.Close()
	}
}

func TestOutcomeOfCutConnections(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"before an answer": cut(""),
		"within its head":  cut("HTTP/1.1 200 OK\r\nContent-Le"),
		"after its head":   cut("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n"),
		"within its body":  cut("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"errcode\":0,"),
		"between chunks":   cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err\r\n"),
		"no HTTP":          cut("SSH-2.0-OpenSSH_9.6\r\n"),
		"a false length":   cut("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := sendError(t, newClient(t, serve(t, api(handler))))
			if e.Action != Unavailable || e.Outcome != Unknown || e.Unwrap() != nil {
				t.Errorf("%s, %s: %v", e.Action, e.Outcome, e)
			}
		})
	}
}

func TestOutcomeWithoutConnection(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	plain := serve(t, http.NotFoundHandler())
	for name, base := range map[string]string{
		"refused":           gone.URL,
		"no such host":      "http://oapi.dingtalk.invalid",
		"TLS to plain HTTP": "https" + strings.TrimPrefix(plain, "http"),
	} {
		c := newClient(t, base)
		c.held = token{value: testToken, renew: time.Now().Add(time.Hour), expires: time.Now().Add(time.Hour)}
		e := sendError(t, c)
		if e.Action != Unavailable || e.Outcome != Unsent || e.HTTPStatus != 0 || e.Doing != sending {
			t.Errorf("%s: %s, %s: %v", name, e.Action, e.Outcome, e)
		}
	}
}

// TestCertificates: a certificate that cannot be trusted is a person's to put
// right, and not a byte of the message has left.
func TestCertificates(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was called") }))
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	for name, c := range map[string]*Client{
		"unknown authority": newClient(t, s.URL),
		"another's name": newClient(t, "https://oapi.dingtalk.test", func(o *Options) {
			o.HTTP = s.Client()
			o.HTTP.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", s.Listener.Addr().String())
			}
		}),
	} {
		if e := sendError(t, c); e.Action != Misconfigured || e.Outcome != Unsent || e.RetryAfter != time.Minute || !strings.Contains(e.Error(), "certificate") {
			t.Errorf("%s: %s, %s, %v: %v", name, e.Action, e.Outcome, e.RetryAfter, e)
		}
	}
}

// TestHTTP2 sends over TLS with HTTP/2, and what is cut there.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	var cutting atomic.Bool
	s := httptest.NewUnstartedServer(api(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("came by %s", r.Proto)
		}
		if cutting.Load() {
			panic(http.ErrAbortHandler)
		}
		say(okSent)(w, r)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClient(t, s.URL, func(o *Options) { o.HTTP = s.Client() })
	if _, err := c.Send(t.Context(), lin, hello); err != nil {
		t.Fatal(err)
	}
	cutting.Store(true)
	if e := sendError(t, c); e.Action != Unavailable || e.Outcome != Unknown {
		t.Errorf("%s, %s: %v", e.Action, e.Outcome, e)
	}
}

// TestRedirectsAreNotFollowed, since the token is in the URL.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was followed", r.URL) }))
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/", status) })),
			func(o *Options) { o.HTTP = &http.Client{} })
		if e := sendError(t, c); e.Action != Misconfigured || e.Outcome != Rejected || e.HTTPStatus != status {
			t.Errorf("%d: %s, %s: %v", status, e.Action, e.Outcome, e)
		}
	}
}

// endless is an answer that does not end; it counts what was taken of it.
type endless struct{ taken atomic.Int64 }

func (b *endless) serve(w http.ResponseWriter, r *http.Request) {
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	for r.Context().Err() == nil {
		n, err := w.Write(chunk)
		b.taken.Add(int64(n))
		if err != nil {
			return
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	fits := okSent + strings.Repeat(" ", maxAnswer-len(okSent))
	if _, err := newClient(t, serve(t, api(say(fits)))).Send(t.Context(), lin, hello); err != nil {
		t.Errorf("of 1 MiB: %v", err)
	}
	var flood endless
	for name, c := range map[string]*Client{
		"a byte more": newClient(t, serve(t, api(say(fits+" ")))),
		"endless":     newClient(t, serve(t, api(flood.serve))),
	} {
		if e := sendError(t, c); e.Action != Unavailable || e.Outcome != Unknown || !strings.Contains(e.Message, "larger than 1 MiB") {
			t.Errorf("%s: %s, %s: %v", name, e.Action, e.Outcome, e)
		}
	}
	if n := flood.taken.Load(); n > 16<<20 { // the rest is in the kernel's buffers
		t.Errorf("%d bytes were taken", n)
	}
	head := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		say(okSent)(w, r)
	})))
	if e := sendError(t, head); e.Action != Unavailable || e.Outcome != Unknown {
		t.Errorf("a head of 100 kB: %s, %s: %v", e.Action, e.Outcome, e)
	}
}

// TestTimeOut: with a connection made and nothing heard within Timeout, the
// message may have been taken.
func TestTimeOut(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = w.Write([]byte(okSent[:20]))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := piped(t, api(hang))
				began := time.Now()
				e := sendError(t, c)
				if took := time.Since(began); took != Timeout {
					t.Errorf("it took %v", took)
				}
				if e.Action != Unavailable || e.Outcome != Unknown || e.Unwrap() != nil || !strings.HasSuffix(e.Message, "no answer within 10s") {
					t.Errorf("%s, %s: %v", e.Action, e.Outcome, e)
				}
				cause := errors.New("shutting down")
				ctx, quit := context.WithTimeoutCause(t.Context(), 2*time.Second, cause)
				defer quit()
				_, err := c.Send(ctx, lin, hello)
				if e := failed(t, err); e.Outcome != Unknown || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(e.Message, "given up") {
					t.Errorf("the caller's deadline: %s: %v", e.Outcome, err)
				}
			})
		})
	}
}

// TestGivenUpBeforehand: a caller who has gone has sent nothing.
func TestGivenUpBeforehand(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	c := newClient(t, serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		say(okSent)(w, r)
	})))
	if err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, quit := context.WithCancel(t.Context())
	quit()
	_, err := c.Send(ctx, lin, hello)
	if e := failed(t, err); e.Outcome != Unsent || !errors.Is(err, context.Canceled) || calls.Load() != 0 {
		t.Errorf("%s after %d calls: %v", e.Outcome, calls.Load(), err)
	}
}
