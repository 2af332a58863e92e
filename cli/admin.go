package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/user"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"workbell/routes"
)

// adminFlags name the bridge whose admin API is asked.
type adminFlags struct {
	Admin        string `name:"admin.url" default:"http://127.0.0.1:8061" placeholder:"URL" help:"Where the bridge's admin API is. Default: http://127.0.0.1:8061."`
	Username     string `name:"admin.username" placeholder:"NAME" help:"Who asks, where the admin API demands basic auth."`
	PasswordFile string `name:"admin.password-file" placeholder:"FILE" help:"Holds the password."`
	CAFile       string `name:"admin.ca-file" placeholder:"FILE" help:"Certificates (PEM) to trust instead of the system's."`
	CertFile     string `name:"admin.cert-file" placeholder:"FILE" help:"Our certificate (PEM), where the admin API demands one."`
	KeyFile      string `name:"admin.key-file" placeholder:"FILE" help:"Its key (PEM)."`
}

const (
	askWithin = 30 * time.Second // for an answer of the admin API
	maxAnswer = 64 << 20         // bytes of an answer: a page of 500 deliveries has some 2 MB
)

// refusal is an answer of the admin API that is not what was asked for.
type refusal struct {
	code   int
	detail string // what was wrong and what to do
}

func (r *refusal) Error() string { return r.detail }

// ask sends a request to the admin API, with body as JSON where it is not nil,
// and reads the answer into v. It fails with a refusal where the API answers so,
// and else with the exit code that the failure calls for.
func (f adminFlags) ask(ctx context.Context, method, path string, query url.Values, body, v any) error {
	base, err := url.Parse(f.Admin)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return wrongUse("--admin.url is not an address such as http://127.0.0.1:8061")
	}
	target := base.JoinPath("api/v1", path)
	target.RawQuery = query.Encode()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return wrongUse("--admin.url: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client, err := f.client(req)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	res, err := client.Do(req) // #nosec G704 -- the operator's choice
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which is told below
		}
		return fellShort("reaching the bridge's admin API at %s: %w (is `workbell serve` running there? name another address with --admin.url or WORKBELL_ADMIN_URL)", base.Redacted(), err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fellShort("reading the answer of %s: %w", base.Redacted(), err)
	}
	return understand(res, text, base, v)
}

// understand reads an answer into v, or says why it is none.
func understand(res *http.Response, text []byte, base *url.URL, v any) error {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	var p struct {
		Detail  string
		Errcode *int // of DingTalk, and of the stand-in for it
	}
	isJSON := json.Unmarshal(text, &p) == nil
	switch {
	case kind == "application/problem+json" && isJSON:
		return &refusal{res.StatusCode, printable(p.Detail)}
	case res.StatusCode == http.StatusUnauthorized:
		return fellShort("%s demands credentials, or refuses these: give --admin.username and --admin.password-file", base.Redacted())
	case res.StatusCode/100 != 2 || kind != "application/json" || p.Errcode != nil:
		return fellShort("%s answers %s and not as workbell's admin API does; name that one's address with --admin.url", base.Redacted(), printable(res.Status))
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fellShort("reading the answer of %s: %w", base.Redacted(), err)
	}
	return nil
}

// exitCode gives a refusal the exit code that it calls for.
func exitCode(err error) error {
	if r, ok := errors.AsType[*refusal](err); ok && r.code == http.StatusBadRequest {
		return exit{WrongUse, err}
	}
	return err
}

// whoAmI is the name that the history shows for what is done from here; empty
// if it is not known or cannot be shown.
func whoAmI() string {
	u, err := user.Current()
	if err != nil || len(u.Username) > routes.MaxBy || !utf8.ValidString(u.Username) ||
		strings.ContainsFunc(u.Username, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return u.Username
}
