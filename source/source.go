package source

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"workbell/secret"
)

// Spec says how one source of rules.yaml sends and proves itself.
type Spec struct {
	Name string // as in POST /hooks/NAME
	Kind string // Alertmanager, GitHub, JSON, or another of Kinds
	Auth Auth
	// DedupWindow is how long an Alertmanager notification that comes again
	// counts as a repeat; 0 means 2 minutes.
	DedupWindow time.Duration
	// MaxBody is the most bytes that a body may have; 0 means 5 MiB, and for
	// GitHub 25 MiB, which is what GitHub sends at most.
	MaxBody int64
	// Each is an expression that gives a list: one event for each element.
	// Fields are expressions for the event's fields: id, event, title, status,
	// severity, group_key, url, text and labels. All of them see payload,
	// headers and item. Only JSON and the kinds with a preset have them; there
	// they take the place of the preset's.
	Each   string
	Fields map[string]string
	// Every is how often a Heartbeat is to beat, and Grace how late it may be.
	// Severity, Title and URL are those of its events: by default critical, what
	// names it, and none. Zone is that of the times in their text; nil means UTC.
	Every, Grace         time.Duration
	Severity, Title, URL string
	Zone                 *time.Location
}

// Auth is how a source proves who it is: at most one way. The zero value
// admits everyone.
type Auth struct {
	BearerToken      secret.Secret
	Basic            *Basic
	Secrets          []secret.Secret // in the sender's own scheme, see kinds; several while rotating
	HMAC             *HMAC
	StandardWebhooks *StandardWebhooks
}

// Basic is HTTP basic authentication (RFC 7617).
type Basic struct {
	Username string
	Password secret.Secret
}

// HMAC is a SHA-256 HMAC of the raw body in a header: hex or base64, with or
// without "sha256=" before it.
type HMAC struct {
	Header  string
	Secrets []secret.Secret // several while rotating
}

// StandardWebhooks is the scheme of standardwebhooks.com, symmetric (v1).
type StandardWebhooks struct {
	Secrets []secret.Secret // base64, "whsec_" before it or not; several while rotating
}

// kinds is the table of senders: what makes a decoder, how large a body may be
// unless rules.yaml says otherwise, whether it also comes as a form, and how
// the sender proves that it knows one of Auth.Secrets, if it has a way of its
// own.
var kinds = map[string]struct {
	new     func(Spec) (decoder, []error)
	maxBody int64
	forms   bool
	secrets func(field string, secrets []secret.Secret) (verifier, error)
}{
	Alertmanager:    {newAlertmanager, 5 << 20, false, nil},
	Grafana:         {newAlertmanager, 5 << 20, false, nil},
	GitHub:          {newGitHub, 25 << 20, true, newHub},
	JSON:            {newGeneric, 5 << 20, false, nil},
	GitLab:          {newGeneric, 5 << 20, false, tokenIn("X-Gitlab-Token")},
	Gitea:           {newGeneric, 5 << 20, false, macIn("X-Gitea-Signature")},
	Sentry:          {newGeneric, 5 << 20, false, macIn("Sentry-Hook-Signature")},
	Jenkins:         {newGeneric, 5 << 20, false, nil},
	Zabbix:          {newGeneric, 5 << 20, false, nil},
	UptimeKuma:      {newGeneric, 5 << 20, false, nil},
	CloudEvents:     {newGeneric, 5 << 20, false, nil},
	StandardWebhook: {newGeneric, 5 << 20, false, newStandard},
	Heartbeat:       {newHeartbeat, 5 << 20, false, nil},
}

// EventHeaders are the canonical names of the headers that name the event,
// where a sender's body does not tell it: GitHub's, Gitea's and Sentry's.
func EventHeaders() []string {
	return []string{"X-Github-Event", "X-Gitea-Event", "Sentry-Hook-Resource"}
}

// Kinds are all kinds of source, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// decoder turns an authentic body into events. e is filled in as far as the
// request alone allows; a decoder of one event completes and returns it.
type decoder interface {
	decode(h http.Header, body []byte, e *Event) ([]*Event, error)
}

// Source checks and decodes the webhooks of one sender. It does not change and
// may be used by several goroutines at once.
type Source struct {
	name, kind string
	maxBody    int64
	forms      bool
	auth       verifier
	decoder    decoder
}

// New makes a source. The error joins every fault of the spec (errors.Join),
// each a *FieldError.
func New(spec Spec) (*Source, error) {
	kind, ok := kinds[spec.Kind]
	if !ok {
		known := strings.Join(Kinds(), ", ")
		return nil, errors.Join(&FieldError{Field: "type", Problem: fmt.Sprintf("unknown type %q (known: %s)", spec.Kind, known)})
	}
	auth, err := newVerifier(spec)
	dec, faults := kind.new(spec)
	faults = append(faults, err, withoutFields(spec))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	s := &Source{spec.Name, spec.Kind, spec.MaxBody, kind.forms, auth, dec}
	if s.maxBody <= 0 {
		s.maxBody = kind.maxBody
	}
	return s, nil
}

// withoutFields refuses expressions where nothing would evaluate them.
func withoutFields(spec Spec) error {
	if _, generic := presets[spec.Kind]; generic || spec.Each == "" && len(spec.Fields) == 0 {
		return nil
	}
	field := "fields"
	if spec.Each != "" {
		field = "each"
	}
	return &FieldError{Field: field, Problem: "a source of type " + spec.Kind + " has no expressions"}
}

// Name is the source's name in rules.yaml.
func (s *Source) Name() string { return s.name }

// Kind is one of Kinds.
func (s *Source) Kind() string { return s.kind }

// MaxBody is the most bytes that a body may have; the caller holds to it.
func (s *Source) MaxBody() int64 { return s.maxBody }

// Authenticated says whether senders must prove who they are.
func (s *Source) Authenticated() bool {
	_, anybody := s.auth.(open)
	return !anybody
}

// Admit looks at the headers before the body is read. It returns nil,
// ErrUnauthorized or ErrMediaType. It saves work and bandwidth; what decides is
// Decode, which checks the credentials itself.
func (s *Source) Admit(h http.Header) error {
	if !s.auth.admit(h) {
		return ErrUnauthorized
	}
	if !s.takes(h) {
		return ErrMediaType
	}
	return nil
}

// Shows says which header the credentials or the signature belong in, and
// whether h has it: what to look at where a webhook is refused.
func (s *Source) Shows(h http.Header) (name string, given bool) {
	name = s.auth.header()
	return name, h.Get(name) != ""
}

// Decode verifies the credentials and turns the body into events; there may be
// none. now is when it was received. The events keep parts of body: it must
// not be changed afterwards. Errors: ErrUnauthorized, or a *BadRequest.
func (s *Source) Decode(h http.Header, body []byte, now time.Time) ([]*Event, error) {
	if !s.auth.verify(h, body, now) {
		return nil, ErrUnauthorized
	}
	return s.Try(h, body, now)
}

// Try is Decode of what nobody has sent, and asks for no credentials.
func (s *Source) Try(h http.Header, body []byte, now time.Time) ([]*Event, error) {
	e := &Event{Source: s.name, Kind: s.kind, Headers: headers(h, s.auth.header()), Received: now}
	return s.decoder.decode(h, body, e)
}
