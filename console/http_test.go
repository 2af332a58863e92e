package console_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestHeaders holds every page, and every file, to the same policy; and a page
// with all that it loads to 150 kB.
func TestHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	loads := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)
	for _, path := range []string{"/", "/deliveries/" + d[0], "/deliveries/" + d[0] + "/ack", "/why", "/playground", "/overview", "/deliveries/x", "/deliveries/1/explode"} {
		res, page := r.get(path)
		all := len(page)
		seen := map[string]bool{}
		for _, m := range loads.FindAllStringSubmatch(page, -1) {
			if seen[m[1]] {
				continue
			}
			seen[m[1]] = true
			res, file := r.get(m[1])
			if all += len(file); res.StatusCode != http.StatusOK || res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %s %v", m[1], res.Status, res.Header)
			}
		}
		if len(seen) != 4 || all > 150_000 {
			t.Errorf("%s loads %v: %d bytes in all", path, seen, all)
		}
		csp := res.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: the policy is %s", path, csp)
			}
		}
		if strings.Contains(page, "<style") || strings.Contains(page, " style=") || strings.Contains(page, " onclick=") {
			t.Errorf("%s has style or script of its own", path)
		}
	}
}

// TestForgery refuses what another site has a browser post, and other names of
// this machine; nothing is done.
func TestForgery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	for name, headers := range map[string]http.Header{
		"another site":   {"Sec-Fetch-Site": {"cross-site"}},
		"another origin": {"Origin": {"http://evil.example"}},
		"another name":   {"Host": {"evil.example"}},
	} {
		for _, path := range []string{"/deliveries/" + d[0] + "/recall", "/playground"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.admin+path, strings.NewReader("by=evil"))
			r.ok(err)
			req.Header = headers.Clone()
			req.Host = headers.Get("Host")
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := http.DefaultClient.Do(req)
			r.ok(err)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s: POST %s: %s", name, path, res.Status)
			}
		}
	}
	if _, body := r.get("/api/v1/deliveries/" + d[0]); strings.Contains(body, "evil") {
		t.Errorf("it was done: %s", body)
	}
}

// TestOverview reads what an overview tells.
func TestOverview(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	res, err := http.Post(r.bridge.URL("hooks")+"/hooks/alertmanager", "application/json", strings.NewReader("hello"))
	r.ok(err)
	_ = res.Body.Close()
	r.ok(r.bridge.Reload(t.Context()))
	_, page := r.get("/overview")
	for _, want := range []string{`1 refused, the last with 400`, "loaded", "Everybody is known.", "3 / 5000", `class="good"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the overview does not say %q:\n%s", want, page)
		}
	}
}

// TestStreamsEnd has a page listen, and the bridge stop: the stream is ended in
// good order.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	res, err := http.Get(r.admin + "/live")
	r.ok(err)
	defer func() { _ = res.Body.Close() }()
	hello := make([]byte, len(": hello\n\n"))
	_, err = io.ReadFull(res.Body, hello)
	r.ok(err)
	r.stop()
	rest, err := io.ReadAll(res.Body)
	if err != nil || strings.Contains(string(rest), "changed") {
		t.Errorf("after %q came %q, %v", hello, rest, err)
	}
}

// TestTrialBounds tries texts that are too large or have no end, and the
// console goes on.
func TestTrialBounds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := func(form url.Values) (int, string) {
		t.Helper()
		ok := url.Values{"source": {"jenkins"}, "payload": {`{"name":"x"}`}, "rules": {"sources: [{name: jenkins, type: json, auth: none}]\ndingtalk: {apps: [{name: a}]}\n"}}
		for k, v := range form {
			ok[k] = v
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.admin+"/playground", strings.NewReader(ok.Encode()))
		r.ok(err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
		r.ok(err)
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		r.ok(err)
		return res.StatusCode, string(body)
	}
	for name, c := range map[string]struct {
		form url.Values
		code int
		says string
	}{
		"well":              {nil, 200, "Nothing would be sent"},
		"large":             {url.Values{"rules": {strings.Repeat("x", 3<<20)}}, 200, "2 MiB"},
		"large payload":     {url.Values{"payload": {strings.Repeat(" ", 300<<10)}}, 200, "256 KiB"},
		"no such source":    {url.Values{"source": {"x"}}, 200, "There is no source"},
		"not YAML":          {url.Values{"rules": {"a: ["}}, 200, "not YAML"},
		"deep YAML":         {url.Values{"rules": {strings.Repeat("[", 500_000)}}, 200, "not YAML"},
		"deep expression":   {url.Values{"rules": {"rules: [{name: a, to: u, when: '" + strings.Repeat("(", 500_000) + "'}]"}}, 200, "rules"},
		"deep negation":     {url.Values{"rules": {"rules: [{name: a, to: u, when: '" + strings.Repeat("!", 500_000) + "true'}]"}}, 200, "rules"},
		"deep list":         {url.Values{"rules": {"rules: [{name: a, to: u, when: '" + strings.Repeat("[", 500_000) + "'}]"}}, 200, "rules"},
		"deep template":     {url.Values{"template:json.tmpl": {"{{" + strings.Repeat("(", 500_000) + "}}"}}, 200, "json.tmpl"},
		"nested blocks":     {url.Values{"template:json.tmpl": {strings.Repeat("{{if 1}}", 20_000)}}, 200, "json.tmpl"},
		"deep payload":      {url.Values{"payload": {strings.Repeat("[", 200_000)}}, 200, "nested deeper"},
		"recursive":         {url.Values{"template:json.tmpl": {`{{define "a"}}{{template "a" .}}{{end}}{{define "markdown.title"}}{{template "a" .}}{{end}}{{define "markdown.text"}}x{{end}}`}, "rules": {rulesFor}}, 200, ""},
		"path of a file":    {url.Values{"template:../../x.tmpl": {"x"}}, 200, ""},
		"billion laughters": {url.Values{"rules": {laughs}}, 200, ""},
	} {
		code, body := post(c.form)
		for end := time.Now().Add(patience); regexp.MustCompile("longer than 2 seconds|Other trials").MatchString(body) && time.Now().Before(end); {
			code, body = post(c.form) // a machine that has much to do besides
		}
		if code != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d, and does not say %q:\n%.600s", name, code, c.says, body)
		}
	}
	if code, body := post(nil); code != 200 || !strings.Contains(body, "Nothing would be sent") {
		t.Errorf("afterwards: %d\n%s", code, body)
	}
}

const rulesFor = "sources: [{name: jenkins, type: json, auth: none}]\ndingtalk: {apps: [{name: a}]}\ngroups: {g: {users: [u1]}}\nrules: [{name: r, to: g}]\n"

const laughs = `a: &a [x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]
rules: *f
`
