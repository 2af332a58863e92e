package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-github/v92/github"
)

// sound checks what every event holds to, whatever was sent.
func sound(t *testing.T, s *Source, h http.Header, body []byte) {
	t.Helper()
	events, err := s.Decode(h, body, received)
	if err != nil {
		var problem = err.Error()
		if problem == "" || !utf8.ValidString(problem) || strings.ContainsRune(problem, '\n') {
			t.Errorf("the error is no line: %q", problem)
		}
		return
	}
	again, err := s.Decode(h, body, received)
	if err != nil || len(again) != len(events) {
		t.Fatalf("a second time: %d events, %v", len(again), err)
	}
	for i, e := range events {
		if e.Key != again[i].Key || e.Title != again[i].Title || e.GroupKey != again[i].GroupKey {
			t.Errorf("a second time it is another event: %q and %q", e.Title, again[i].Title)
		}
		if e.Title == "" || len(e.Title) > maxTitle || len(e.GroupKey) > maxGroup || len(e.Text) > maxText {
			t.Errorf("title of %d bytes, group of %d, text of %d", len(e.Title), len(e.GroupKey), len(e.Text))
		}
		for what, value := range map[string]string{"title": e.Title, "group": e.GroupKey, "status": e.Status, "severity": e.Severity,
			"name": e.Name, "action": e.Action, "repository": e.Repository, "sender": e.Sender, "ref": e.Ref, "url": e.URL} {
			checkLine(t, what, value)
		}
		for name, value := range e.Labels {
			checkLine(t, "label name", name)
			checkLine(t, "label", value)
		}
		if !utf8.ValidString(e.Text) || strings.ContainsAny(e.Text, "\x00\r\u2028") {
			t.Errorf("text: %q", e.Text)
		}
		if !json.Valid(e.Raw) || !utf8.Valid(e.Raw) || len(e.Item) > 0 && !json.Valid(e.Item) {
			t.Errorf("what is kept is not JSON: %q, %q", e.Raw, e.Item)
		}
		e.Payload()
		e.ItemValue()
	}
}

func checkLine(t *testing.T, what, value string) {
	t.Helper()
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) || strings.ContainsAny(value, "\u2028\u2029") {
		t.Errorf("%s is no clean line: %q", what, value)
	}
}

func FuzzAlertmanager(f *testing.F) {
	for _, pattern := range []string{"testdata/alertmanager/*.json", "testdata/grafana/*.json"} {
		for _, body := range payloads(f, pattern) {
			f.Add(body)
		}
	}
	s := mustNew(f, Spec{Kind: Alertmanager})
	f.Add([]byte(`{"version":"4","groupKey":"{}","alerts":[{"Labels":{"a":"\\u0000"}}],"alerts":[],"commonLabels":null,"commonLabels":{"a":"b"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		agrees(t, body)
		sound(t, s, http.Header{}, body)
	})
}

// Only the signature of this body with this secret passes, however it is
// written; that one always does.
func FuzzSignature(f *testing.F) {
	f.Add(vectorSignature, []byte(vectorBody), "k")
	f.Add("sha256=", []byte{}, "")
	f.Add(stdSignature+" v1a,x v1,", []byte(stdBody), "\x00")
	f.Add("sha256="+hex.EncodeToString(mac("sk", "{}")), []byte("{}"), "k")
	f.Add("SHA256="+strings.Repeat("A", 43)+"=", []byte("{}"), "k")
	f.Fuzz(func(t *testing.T, given string, body []byte, key string) {
		right := mac("s"+key, string(body))
		written := hex.EncodeToString(right)
		sign := bodyMAC{"X-Signature", [][]byte{[]byte("other"), []byte("s" + key)}}
		hub := hub{bodyMAC{"X-Hub-Signature-256", sign.keys}}
		for _, v := range []verifier{hub, sign} {
			h := http.Header{}
			h.Set(v.header(), "sha256="+written)
			if !v.admit(h) || !v.verify(h, body, received) {
				t.Errorf("%T refuses the right signature", v)
			}
			if v.verify(h, append(slices.Clone(body), 0), received) {
				t.Errorf("%T takes it for another body", v)
			}
			h.Set(v.header(), given)
			if v.verify(h, body, received) && !bytes.Equal(decodeMAC(given), right) {
				t.Errorf("%T takes %q for %s", v, given, written)
			}
			if strings.HasPrefix(given, "sha256=") && !v.verify(h, body, received) &&
				github.ValidateSignature(given, body, []byte("s"+key)) == nil {
				t.Errorf("%T refuses %q, which GitHub's library takes", v, given)
			}
		}
		if got := decodeMAC(given); got != nil && len(got) != sha256.Size {
			t.Errorf("%q is a signature of %d bytes", given, len(got))
		}
	})
}

func FuzzGitHub(f *testing.F) {
	for file, body := range payloads(f, "testdata/github/*.json") {
		f.Add(eventOf(file), body, false)
		// Every name leads to something of another kind.
		f.Add(eventOf(file), []byte(strings.NewReplacer(`": {`, `": [{`, "},\n", "}],\n").Replace(string(body))), false)
	}
	f.Add("push", []byte(`{"commits":{},"head_commit":[],"ref":1e400,"sender":"x","repository":[null]}`), false)
	f.Add("push", []byte("payload=%7B%7D"), true)
	s := mustNew(f, Spec{Kind: GitHub})
	f.Fuzz(func(t *testing.T, event string, body []byte, form bool) {
		h := hubHeader(event)
		if form {
			h = formHeader(event)
		}
		sound(t, s, h, body)
	})
}

func FuzzJSON(f *testing.F) {
	for _, body := range payloads(f, "testdata/json/*.json") {
		f.Add(body)
	}
	f.Add([]byte(`{"builds":[{"number":1e400,"name":"a\u0000\ud800","log":[[]]}],"link":"http://x"}`))
	each, plain := mustNew(f, jenkins()), mustNew(f, Spec{Kind: JSON})
	f.Fuzz(func(t *testing.T, body []byte) {
		sound(t, each, http.Header{}, body)
		sound(t, plain, http.Header{}, body)
	})
}

// Any one value of a payload of GitHub may be missing, null or of another
// kind: the event stays, with a title.
func TestGitHubToleratesAnyHole(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: GitHub})
	for file, body := range payloads(t, "testdata/github/*.json") {
		var whole map[string]any
		if err := json.Unmarshal(body, &whole); err != nil {
			t.Fatal(err)
		}
		for _, odd := range []any{nil, 17, []any{nil, 1}} {
			replaceEach(whole, odd, 3, func() {
				mutated, err := json.Marshal(whole)
				if err != nil {
					t.Fatal(err)
				}
				sound(t, s, hubHeader(eventOf(file)), mutated)
			})
		}
	}
}

// replaceEach calls try with each value down to depth replaced by odd.
func replaceEach(m map[string]any, odd any, depth int, try func()) {
	for name, value := range m {
		if inner, ok := value.(map[string]any); ok && depth > 1 {
			replaceEach(inner, odd, depth-1, try)
		}
		m[name] = odd
		try()
		m[name] = value
	}
}
