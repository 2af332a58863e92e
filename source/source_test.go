package source

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"workbell/secret"
)

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind      string
		media, ce string
		want      error
	}{
		"json":             {JSON, "application/json", "", nil},
		"with charset":     {JSON, "Application/JSON; charset=utf-8", "", nil},
		"+json":            {JSON, "application/cloudevents+json", "", nil},
		"text/json":        {JSON, "text/json", "", nil},
		"none":             {JSON, "", "", nil},
		"identity":         {JSON, "application/json", "identity", nil},
		"gzip":             {JSON, "application/json", "gzip", ErrMediaType},
		"gzip, identity":   {JSON, "application/json", "gzip, identity", ErrMediaType},
		"text":             {JSON, "text/plain", "", ErrMediaType},
		"xml":              {Alertmanager, "application/xml", "", ErrMediaType},
		"image/x+json":     {JSON, "image/x+json", "", ErrMediaType},
		"unreadable":       {JSON, ";;;", "", ErrMediaType},
		"a form":           {JSON, "application/x-www-form-urlencoded", "", ErrMediaType},
		"a form of GitHub": {GitHub, "application/x-www-form-urlencoded; charset=UTF-8", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if c.media != "" {
				h.Set("Content-Type", c.media)
			}
			if c.ce != "" {
				h.Set("Content-Encoding", c.ce)
			}
			if err := mustNew(t, Spec{Kind: c.kind}).Admit(h); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSourceSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int64{Alertmanager: 5 << 20, JSON: 5 << 20, GitHub: 25 << 20} {
		s := mustNew(t, Spec{Name: "n", Kind: kind})
		if s.Name() != "n" || s.Kind() != kind || s.MaxBody() != want {
			t.Errorf("%s: %s, %s, %d bytes", kind, s.Name(), s.Kind(), s.MaxBody())
		}
	}
	if s := mustNew(t, Spec{Kind: JSON, MaxBody: 7}); s.MaxBody() != 7 {
		t.Errorf("%d bytes", s.MaxBody())
	}
}

// What proves the sender is neither kept nor shown.
func TestHeadersAreKeptWithoutCredentials(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Spec{Kind: JSON, Auth: Auth{HMAC: &HMAC{"x-proof", secrets("k")}}})
	h := http.Header{"X-Event": {"a", "b"}, "User-Agent": {"curl"}, "Content-Type": {"application/json"}, "X-Request-Id": {"7"}}
	for _, name := range []string{
		"X-Proof", "Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization", "Proxy-Connection", "X-Hub-Signature", "X-Hub-Signature-256",
		"Webhook-Signature", "X-Slack-Signature", "X-Gitlab-Token", "X-Api-Key", "X-Secret", "X-Amz-Security-Token", "X-Vault-Password",
	} {
		h.Set(name, "hidden")
	}
	got := headers(h, s.auth.header())
	want := map[string]string{"X-Event": "a, b", "User-Agent": "curl", "Content-Type": "application/json", "X-Request-Id": "7"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
}

// Neither a printed source nor an event of it shows a secret.
func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2"
	s := mustNew(t, Spec{Kind: JSON, Auth: Auth{BearerToken: secret.New(hidden)}})
	h := http.Header{"Authorization": {"Bearer " + hidden}}
	e := one(t, s, h, []byte(`{"title":"x"}`))
	for name, value := range e.Headers {
		if strings.Contains(name+value, hidden) {
			t.Errorf("header %s: %s", name, value)
		}
	}
	h.Set("Authorization", "Bearer "+hidden+"x")
	if err := s.Admit(h); err == nil || strings.Contains(err.Error(), hidden) {
		t.Errorf("got %v", err)
	}
}

// Text is cut between characters wherever the bound falls.
func TestCut(t *testing.T) {
	t.Parallel()
	const s = "a中文👩‍👩‍👧e\u0301🇨🇳z"
	for limit := 4; limit <= len(s)+1; limit++ {
		got := cut(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %q has %d", limit, got, len(got))
		}
		kept := strings.TrimSuffix(got, ellipsis)
		if whole := []string{"a", "a中", "a中文", "a中文👩‍👩‍👧", "a中文👩‍👩‍👧e\u0301", "a中文👩‍👩‍👧e\u0301🇨🇳", s}; !slices.Contains(whole, kept) {
			t.Errorf("%d bytes: %q is cut inside a character", limit, got)
		}
	}
	if got := cut("👩‍👩‍👧👩‍👩‍👧", 12); !utf8.ValidString(got) || len(got) > 12 {
		t.Errorf("%q", got)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.example/x?y=1#/z":     "https://a.example/x?y=1#/z",
		"http://a.example:9093":          "http://a.example:9093",
		"":                               "",
		"a.example":                      "",
		"//a.example":                    "",
		"http://":                        "",
		"httpx://a.example":              "",
		"ftp://a.example":                "",
		"javascript:alert(1)":            "",
		"https://u:p@a.example":          "",
		"https://a.example/\x00":         "",
		"https://a.example/" + long(3e3): "",
	} {
		if got := link(in); got != want {
			t.Errorf("link(%.40q) = %q, want %q", in, got, want)
		}
	}
}

// What a text is cleaned of is seen wherever cleaning is passed over.
func TestBlock(t *testing.T) {
	t.Parallel()
	for r := range rune(0x2100) {
		want := "a" + string(r) + "b"
		switch {
		case r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			want = "a\nb"
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			want = "ab"
		}
		if got := block("\na" + string(r) + "b\n"); got != want {
			t.Errorf("with %U: %q, want %q", r, got, want)
		}
	}
	if got := block("a\r\nb"); got != "a\nb" {
		t.Errorf("%q", got)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func TestDigestTellsPartsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, parts := range [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}, {"", "abc"}, {}} {
		d := digest(parts...)
		if before, taken := seen[d]; taken || len(d) != 32 {
			t.Errorf("%q has the digest %s of %s", parts, d, before)
		}
		seen[d] = strings.Join(parts, "|")
	}
}
