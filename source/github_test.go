package source

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v92/github"
)

var update = flag.Bool("update", false, "write the golden files")

var received = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func mustNew(t testing.TB, spec Spec) *Source {
	t.Helper()
	if spec.Name == "" {
		spec.Name = spec.Kind
	}
	s, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// one decodes what must be one event.
func one(t testing.TB, s *Source, h http.Header, body []byte) *Event {
	t.Helper()
	if h == nil {
		h = http.Header{}
	}
	events, err := s.Decode(h, body, received)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	return events[0]
}

func hubHeader(event string) http.Header {
	h := http.Header{}
	h.Set("X-GitHub-Event", event)
	h.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	h.Set("Content-Type", "application/json")
	return h
}

// reading is what a golden file says of an event.
type golden struct {
	Name       string            `json:"event,omitempty"`
	Title      string            `json:"title"`
	Text       string            `json:"text"`
	URL        string            `json:"url"`
	Status     string            `json:"status"`
	Severity   string            `json:"severity"`
	Group      string            `json:"group"`
	Labels     map[string]string `json:"labels"`
	Action     string            `json:"action,omitempty"`
	Repository string            `json:"repository,omitempty"`
	Sender     string            `json:"sender,omitempty"`
	Ref        string            `json:"ref,omitempty"`
	Faults     []string          `json:"faults,omitempty"`
}

// checkGolden holds e against the golden file beside the payload.
func checkGolden(t *testing.T, payload string, e *Event) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(golden{e.Name, e.Title, e.Text, e.URL, e.Status, e.Severity, e.GroupKey, e.Labels, e.Action, e.Repository, e.Sender, e.Ref, e.Faults}); err != nil {
		t.Fatal(err)
	}
	file := strings.TrimSuffix(payload, ".json") + ".golden"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

func payloads(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no payloads at %s (%v)", pattern, err)
	}
	bodies := map[string][]byte{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies[file] = body
	}
	return bodies
}

// eventOf is the event's type, which begins a payload's file name.
func eventOf(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".json")
	if i := strings.IndexAny(name, ".-"); i > 0 {
		name = name[:i]
	}
	return name
}

func TestGitHubGolden(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub})
	for file, body := range payloads(t, "testdata/github/*.json") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			checkGolden(t, file, one(t, s, hubHeader(eventOf(file)), body))
		})
	}
}

// formHeader is hubHeader for a webhook of content type form.
func formHeader(event string) http.Header {
	h := hubHeader(event)
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	return h
}

// A form's payload gives the same event as the same JSON.
func TestGitHubForm(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub})
	body, err := os.ReadFile("testdata/github/push.json")
	if err != nil {
		t.Fatal(err)
	}
	plain := one(t, s, hubHeader("push"), body)
	form := one(t, s, formHeader("push"), []byte(url.Values{"payload": {string(body)}}.Encode()))
	if form.Title != plain.Title || form.Key != plain.Key || !bytes.Equal(form.Raw, plain.Raw) {
		t.Errorf("the form reads as %+v, the JSON as %+v", form, plain)
	}
	if err := s.Admit(formHeader("push")); err != nil {
		t.Errorf("a form was not admitted: %v", err)
	}
}

// What is signed of a form is the form, not the payload in it.
func TestGitHubSignedForm(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub, Auth: Auth{Secrets: secrets(vectorSecret)}})
	payload := string(read(t, "testdata/github/ping.json"))
	form := url.Values{"payload": {payload}}.Encode()
	for signed, want := range map[string]error{form: nil, payload: ErrUnauthorized} {
		h := formHeader("ping")
		h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac(vectorSecret, signed)))
		if _, err := s.Decode(h, []byte(form), received); !errors.Is(err, want) {
			t.Errorf("signed %.20q: got %v, want %v", signed, err, want)
		}
	}
}

// The events that people are promised words for have them, a payload that
// shows them, and a page to open.
func TestGitHubPromisedEvents(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub})
	shown := map[string]bool{}
	for file, body := range payloads(t, "testdata/github/*.json") {
		e := one(t, s, hubHeader(eventOf(file)), body)
		shown[eventOf(file)] = true
		if e.URL == "" || e.Title == "" || e.Labels["sender"] == "" && e.Sender != "" {
			t.Errorf("%s: title %q, url %q, labels %q", file, e.Title, e.URL, e.Labels)
		}
	}
	for _, name := range strings.Fields(`ping push pull_request pull_request_review pull_request_review_comment issues issue_comment release
		create delete workflow_run workflow_job check_run check_suite deployment deployment_status status discussion fork star member
		repository dependabot_alert code_scanning_alert secret_scanning_alert package`) {
		if _, worded := hubEvents[name]; !worded || !shown[name] {
			t.Errorf("%s: has words of its own: %t, a payload: %t", name, worded, shown[name])
		}
	}
}

func TestGitHubRefuses(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub})
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"no event header":      {http.Header{}, "{}", "no X-GitHub-Event header"},
		"not JSON":             {hubHeader("push"), "ref=main", "line 1, column 1"},
		"a list":               {hubHeader("push"), "[]", "is an object"},
		"null":                 {hubHeader("push"), "null", "is an object"},
		"form without payload": {formHeader("push"), "a=b", `no field "payload"`},
		"form with a bad one":  {formHeader("push"), "payload=%7B", "not JSON"},
		"not a form":           {formHeader("push"), "payload=%zz", "not a form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Decode(c.header, []byte(c.body), received)
			wantBad(t, err, c.want)
		})
	}
}

func wantBad(t *testing.T, err error, part string) {
	t.Helper()
	var bad *BadRequest
	if !errors.As(err, &bad) {
		t.Fatalf("got %v, want a BadRequest", err)
	}
	if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want one line with %q", err, part)
	}
}

// Every type of event that go-github knows, and one that nobody does, reads
// as a line that names who and where, though its payload has little more.
func TestGitHubEveryTypeHasATitle(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub})
	const body = `{"action":"edited","sender":{"login":"octocat"},"repository":{"full_name":"octo-org/hello-world"}}`
	for _, name := range append(github.MessageTypes(), "not_yet_known", "{sender.login}", "[") {
		e := one(t, s, hubHeader(name), []byte(body))
		if strings.TrimSpace(e.Title) == "" || strings.ContainsAny(e.Title, "{}[]\n") || strings.Contains(e.Title, "  ") {
			t.Errorf("%s: title %q", name, e.Title)
		}
		if e.Name != name+".edited" || e.Key == "" || e.KeyTTL != 72*time.Hour {
			t.Errorf("%s: name %q, key %q kept for %s", name, e.Name, e.Key, e.KeyTTL)
		}
	}
}

// Wordings are written by hand: each bracket closes, each path is one.
func TestWordingsAreWellFormed(t *testing.T) {
	t.Parallel()
	for event, kind := range hubEvents {
		wordings := []string{kind.text, kind.url, kind.group}
		for _, w := range kind.titles {
			wordings = append(wordings, w)
		}
		for _, w := range kind.labels {
			wordings = append(wordings, w)
		}
		for _, w := range wordings {
			if err := wellFormed(w); err != "" {
				t.Errorf("%s: %s: %q", event, err, w)
			}
		}
		if kind.titles[""] == "" {
			t.Errorf("%s: no title for actions that are not named", event)
		}
	}
}

func wellFormed(wording string) string {
	brace, bracket := 0, 0
	for _, r := range wording {
		switch r {
		case '{':
			brace++
		case '}':
			brace--
		case '[':
			bracket++
		case ']':
			bracket--
		}
		if brace < 0 || brace > 1 || bracket < 0 || bracket > 1 || r == '\n' && brace+bracket > 0 {
			return "brackets do not match"
		}
	}
	for part := range strings.SplitSeq(wording, "{") {
		paths, _, ok := strings.Cut(part, "}")
		for path := range strings.SplitSeq(paths, "|") {
			if _, modifier, found := strings.Cut(path, ":"); ok && found && modifiers[modifier] == nil {
				return "unknown modifier " + modifier
			}
		}
	}
	if brace+bracket != 0 {
		return "brackets do not match"
	}
	return ""
}
