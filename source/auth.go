package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"workbell/secret"
)

// tolerance is how far the time of a Standard Webhooks message may be from
// ours, either way (the specification leaves it open; its libraries use this).
const tolerance = 5 * time.Minute

// verifier decides whether a webhook is its sender's. Whatever is wrong, the
// answer is only no. All comparisons take the same time for all inputs of a
// length, and each secret is tried, whichever fits.
type verifier interface {
	// admit says whether the headers alone leave it possible.
	admit(h http.Header) bool
	// verify says whether it is so.
	verify(h http.Header, body []byte, now time.Time) bool
	// header is the canonical name of the header with the signature, or "".
	header() string
}

// newVerifier refuses what could authenticate anybody: an empty secret.
func newVerifier(spec Spec) (verifier, error) {
	a := spec.Auth
	var found []verifier
	var faulty error
	add := func(v verifier, err error) {
		found = append(found, v)
		if err != nil {
			faulty = err
		}
	}
	if !a.BearerToken.Empty() {
		add(bearer{sha256.Sum256([]byte(a.BearerToken.Reveal()))}, nil)
	}
	if a.Basic != nil {
		add(newBasic(a.Basic))
	}
	if len(a.Secrets) > 0 {
		add(newOwn(spec))
	}
	if a.HMAC != nil {
		add(newBodyMAC(a.HMAC))
	}
	if a.StandardWebhooks != nil {
		add(newStandard("auth.standard_webhooks.secrets", a.StandardWebhooks.Secrets))
	}
	switch {
	case len(found) > 1:
		return nil, &FieldError{Field: "auth", Problem: "more than one way to authenticate; keep one"}
	case faulty != nil:
		return nil, faulty
	case len(found) == 0:
		return open{}, nil
	}
	return found[0], nil
}

// newOwn makes the verifier of the sender's own scheme.
func newOwn(spec Spec) (verifier, error) {
	const field = "auth.secrets"
	if kind := kinds[spec.Kind]; kind.secrets != nil {
		return kind.secrets(field, spec.Auth.Secrets)
	}
	return nil, &FieldError{Field: field, Problem: "a sender of type " + spec.Kind + " has no scheme of its own; use bearer_token, basic, hmac or standard_webhooks"}
}

// reveal returns the secrets' values; field names them in an error.
func reveal(field string, secrets []secret.Secret) ([][]byte, error) {
	if len(secrets) == 0 {
		return nil, &FieldError{Field: field, Problem: "no secret is given"}
	}
	var keys [][]byte
	for i, s := range secrets {
		if s.Empty() {
			return nil, &FieldError{Field: field + "[" + strconv.Itoa(i) + "]", Problem: "the secret is empty"}
		}
		keys = append(keys, []byte(s.Reveal()))
	}
	return keys, nil
}

// open is no authentication.
type open struct{}

func (open) admit(http.Header) bool                     { return true }
func (open) verify(http.Header, []byte, time.Time) bool { return true }
func (open) header() string                             { return "" }

// bearer is "Authorization: Bearer TOKEN" (RFC 6750).
type bearer struct{ want [sha256.Size]byte }

func (b bearer) admit(h http.Header) bool {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && same(strings.TrimLeft(token, " "), b.want)
}

func (b bearer) verify(h http.Header, _ []byte, _ time.Time) bool { return b.admit(h) }
func (bearer) header() string                                     { return "Authorization" }

// same compares digests, so that not even the length of what is wanted shows.
func same(got string, want [sha256.Size]byte) bool {
	sum := sha256.Sum256([]byte(got))
	return subtle.ConstantTimeCompare(sum[:], want[:]) == 1
}

type basic struct{ username, password [sha256.Size]byte }

func newBasic(b *Basic) (verifier, error) {
	if b.Username == "" || b.Password.Empty() {
		return nil, &FieldError{Field: "auth.basic", Problem: "username and password must not be empty"}
	}
	return basic{sha256.Sum256([]byte(b.Username)), sha256.Sum256([]byte(b.Password.Reveal()))}, nil
}

func (b basic) admit(h http.Header) bool {
	username, password, ok := (&http.Request{Header: h}).BasicAuth()
	right := same(username, b.username)
	return same(password, b.password) && right && ok
}

func (b basic) verify(h http.Header, _ []byte, _ time.Time) bool { return b.admit(h) }
func (basic) header() string                                     { return "Authorization" }

// token is a header that holds the secret itself.
type token struct {
	name string
	want [][sha256.Size]byte
}

// tokenIn is for senders that put the secret into a header.
func tokenIn(header string) func(string, []secret.Secret) (verifier, error) {
	return func(field string, secrets []secret.Secret) (verifier, error) {
		t := token{name: canonical(header)}
		keys, err := reveal(field, secrets)
		for _, key := range keys {
			t.want = append(t.want, sha256.Sum256(key))
		}
		return t, err
	}
}

func (t token) admit(h http.Header) bool {
	ok := false
	for _, want := range t.want {
		ok = same(h.Get(t.name), want) || ok
	}
	return ok
}

func (t token) verify(h http.Header, _ []byte, _ time.Time) bool { return t.admit(h) }
func (t token) header() string                                   { return t.name }

// bodyMAC is a SHA-256 HMAC of the body in a header.
type bodyMAC struct {
	name string
	keys [][]byte
}

func newBodyMAC(m *HMAC) (verifier, error) {
	if m.Header == "" {
		return nil, &FieldError{Field: "auth.hmac.header", Problem: "no header is given: the one that carries the signature"}
	}
	return macIn(m.Header)("auth.hmac.secrets", m.Secrets)
}

// macIn is for senders that sign the body alone.
func macIn(header string) func(string, []secret.Secret) (verifier, error) {
	return func(field string, secrets []secret.Secret) (verifier, error) {
		keys, err := reveal(field, secrets)
		return bodyMAC{canonical(header), keys}, err
	}
}

func (m bodyMAC) header() string           { return m.name }
func (m bodyMAC) admit(h http.Header) bool { return h.Get(m.name) != "" }

func (m bodyMAC) verify(h http.Header, body []byte, _ time.Time) bool {
	got := decodeMAC(h.Get(m.name))
	ok := false
	for _, key := range m.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		ok = hmac.Equal(mac.Sum(nil), got) || ok
	}
	return ok
}

// decodeMAC reads a signature as senders write it; nil if it is none.
func decodeMAC(s string) []byte {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, '='); i >= 0 && strings.EqualFold(s[:i], "sha256") {
		s = s[i+1:]
	}
	if len(s) == hex.EncodedLen(sha256.Size) {
		got, err := hex.DecodeString(s)
		if err != nil {
			return nil
		}
		return got
	}
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	got, err := base64.RawStdEncoding.Strict().DecodeString(s)
	if err != nil || len(got) != sha256.Size {
		return nil
	}
	return got
}

// hub is GitHub's X-Hub-Signature-256, which says that it is SHA-256.
type hub struct{ bodyMAC }

func newHub(field string, secrets []secret.Secret) (verifier, error) {
	keys, err := reveal(field, secrets)
	return hub{bodyMAC{canonical("X-Hub-Signature-256"), keys}}, err
}

func (m hub) admit(h http.Header) bool { return strings.HasPrefix(h.Get(m.name), "sha256=") }

// standard is Standard Webhooks. The library has no clock to set, so the time
// is checked here, by the caller's.
type standard struct{ hooks []*standardwebhooks.Webhook }

func newStandard(field string, secrets []secret.Secret) (verifier, error) {
	keys, err := reveal(field, secrets)
	if err != nil {
		return nil, err
	}
	var hooks []*standardwebhooks.Webhook
	for i, key := range keys {
		hook, err := standardwebhooks.NewWebhook(string(key))
		if err != nil || strings.TrimPrefix(string(key), "whsec_") == "" {
			return nil, &FieldError{Field: field + "[" + strconv.Itoa(i) + "]", Problem: "the secret is not base64 after whsec_; copy it as the sender shows it"}
		}
		hooks = append(hooks, hook)
	}
	return standard{hooks}, nil
}

func (standard) header() string { return canonical(standardwebhooks.HeaderWebhookSignature) }

func (standard) admit(h http.Header) bool {
	return h.Get(standardwebhooks.HeaderWebhookID) != "" && h.Get(standardwebhooks.HeaderWebhookTimestamp) != "" &&
		h.Get(standardwebhooks.HeaderWebhookSignature) != ""
}

func (s standard) verify(h http.Header, body []byte, now time.Time) bool {
	sent, err := strconv.ParseInt(h.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if age := now.Unix() - sent; err != nil || age > int64(tolerance/time.Second) || age < -int64(tolerance/time.Second) {
		return false
	}
	ok := false
	for _, hook := range s.hooks {
		ok = hook.VerifyIgnoringTimestamp(body, h) == nil || ok
	}
	return ok
}
