package sandbox

import (
	"bufio"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// page fetches the page with somebody's phone.
func (r *rig) page(user string) string {
	r.t.Helper()
	a := r.get("/?user=" + user)
	if a.Status != http.StatusOK || a.ContentType != "text/html; charset=utf-8" {
		r.t.Fatalf("%d %s", a.Status, a.ContentType)
	}
	return a.Raw
}

func has(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

func TestPageShowsWhatHappened(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	has(t, r.page(""), "It is quiet.", "Ring the first bell", "林伟 Lin Wei")
	task := r.sent("u2,nobody", "值班 🔔 开始")
	r.sent("u2", "值班 🔔 开始")
	r.post(PathSend, `{"agent_id":7,"userid_list":"u2"}`)
	page := r.page("u2")
	size := fmt.Sprintf("text · %d bytes", len(text("值班 🔔 开始")))
	has(t, page, "值班 🔔 开始", "Ring again", fmt.Sprintf(`id="n-%d"`, task), "What 陈静 Chen Jing sees", size+"<",
		`1<span class="unseen"> unread`, "<b>Not shown.</b> DingTalk said ok and dropped this: the employee has already received the same content from this app today.",
		size+" · 143106<", "Missing required arguments:msg", "<b>40</b> <span>asyncsend_v2", "<dd>2</dd>", "<dd>1</dd>")
	if n := strings.Count(page, `class="dropped"`); n != 1 {
		t.Errorf("%d are shown as dropped", n)
	}
	if got := r.page(""); !strings.Contains(got, "What 陈静 Chen Jing sees") {
		t.Error("the phone that rang last is not the one shown")
	}
	has(t, r.page("u1"), "Nothing for 林伟 Lin Wei yet.")
	r.s.Read("u2")
	if strings.Contains(r.page("u2"), "unread") {
		t.Error("what was read is unread")
	}
	has(t, r.page("no-such-user"), "What 陈静 Chen Jing sees")
}

// TestPageIsBounded in people and in notifications.
func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Directory: staff(maxPeople + 10), Limits: Limits{CallsPerSecond: -1}})
	for i := range inboxSize + 10 {
		r.sent("x209", fmt.Sprint("no. ", i))
	}
	page := r.page("x209")
	if n := strings.Count(page, `<li id="n-`); n != maxNotes {
		t.Errorf("%d notifications", n)
	}
	has(t, page, "no. 109<", "no. 60<", "and 10 more", fmt.Sprintf(`%d<span class="unseen"> unread`, inboxSize))
	if strings.Contains(page, "no. 59<") {
		t.Error("the oldest are shown as well")
	}
}

// TestPageLoadsNothingFromElsewhere, runs no script of a message's, and says so
// in its headers.
func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>`
	r := open(t, Options{AdoptUnknown: true, Apps: []App{{Name: evil, Key: "key", Secret: DefaultApp().Secret, AgentID: 7}}})
	r.token = r.get(PathToken + "?appkey=key&appsecret=sandbox").Token
	r.sent("<script>alert(2)</script>", "![x](http://evil.example/x.png) "+`\\"><script>`)
	r.post("/topapi/<script>alert(3)</script>", "{}")
	req, err := http.NewRequestWithContext(t.Context(), "GET", r.base+"/?user=%3Cscript%3Ealert(2)%3C/script%3E", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	has(t, csp, "default-src 'none'", "script-src 'self';", "style-src 'self';", "img-src 'self';", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'")
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "data:") || strings.Contains(csp, "*") {
		t.Errorf("the policy is lax: %s", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	page := r.page("%3Cscript%3Ealert(2)%3C/script%3E")
	if scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1); len(scripts) != 1 || scripts[0] != `<script src="/sandbox/page.js" defer>` {
		t.Errorf("scripts: %q", scripts)
	}
	for _, m := range regexp.MustCompile(`<(?:link|script|img|source|iframe|form)\b[^>]*?(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "/sandbox/") {
			t.Errorf("it loads %s", m[0])
		}
	}
	if m := regexp.MustCompile(`<[a-z]+\b[^>]*\s(?:on[a-z]+|style)=`).FindString(page); m != "" {
		t.Errorf("inline: %s", m)
	}
	if m := regexp.MustCompile(`\$\{[A-Z]`).FindString(page); m != "" || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("the template refused something: %s", m)
	}
	for path, kind := range map[string]string{"/sandbox/style.css": "text/css; charset=utf-8", "/sandbox/page.js": "text/javascript; charset=utf-8", "/sandbox/icon.svg": "image/svg+xml"} {
		a := r.get(path)
		if a.ContentType != kind || a.Status != http.StatusOK || regexp.MustCompile(`(url\(|@import|https?://[^w])`).MatchString(a.Raw) {
			t.Errorf("%s: %d %s", path, a.Status, a.ContentType)
		}
	}
}

// stream reads a page's events: a channel with each line that is not blank.
func (r *rig) stream() (<-chan string, *http.Response) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", r.base+"/sandbox/events", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			if in.Text() != "" {
				lines <- in.Text()
			}
		}
	}()
	return lines, resp
}

// TestEvents: pages hear of each change, and the stream ends with Close.
func TestEvents(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	lines, resp := r.stream()
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%v", resp.Header)
	}
	if l := <-lines; l != ": hello" {
		t.Errorf("it begins with %q", l)
	}
	for name, change := range map[string]func(){
		"sent":      func() { r.sent("u1", "a"); r.sent("u1", "b"); r.sent("u2", "c") },
		"refused":   func() { r.post(PathSend, `{}`) },
		"reset":     r.s.Reset,
		"suggested": func() { r.s.Suggest("curl x") },
	} {
		change()
		if l := <-lines; l != "data: changed" {
			t.Errorf("%s: %q", name, l)
		}
	}
	r.s.Close()
	for l := range lines {
		if l != "data: changed" {
			t.Errorf("after Close: %q", l)
		}
	}
}

// TestPagesAreBounded: no more than so many streams at a time.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	var last *http.Response
	for range maxStreams {
		lines, resp := r.stream()
		<-lines
		last = resp
	}
	if a := r.get("/sandbox/events"); a.Status != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", a.Status)
	}
	_ = last.Body.Close()
	for open := maxStreams; open == maxStreams; time.Sleep(time.Millisecond) {
		r.s.mu.Lock()
		open = r.s.watch.count
		r.s.mu.Unlock()
	}
	if lines, _ := r.stream(); <-lines != ": hello" {
		t.Error("a closed page keeps its place")
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	for host, want := range map[string]string{"127.0.0.1:4711": "B=http://127.0.0.1:4711\n", "[::1]:80": "B=http://[::1]:80\n",
		"x;rm -rf ~": "B=http://" + Address + "\n", "": "B=http://" + Address + "\n"} {
		has(t, s.command(host), want, "appkey=sandbox&appsecret=sandbox\"", PathSend, `"agent_id": 1,`)
	}
	if got := open(t, Options{}).s.command("h"); strings.Contains(got, "pass") || !strings.Contains(got, "appsecret=…") {
		t.Errorf("a secret of somebody's shows: %s", got)
	}
	s.Suggest("  curl http://hooks.example\n")
	if got := s.command("h"); got != "curl http://hooks.example" {
		t.Errorf("got %q", got)
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		before time.Time
		at     string
		want   string
	}{
		{time.Time{}, "2026-11-22 12:00:00", "12:00"},
		{day("2026-11-22 12:00:00"), "2026-11-22 12:04:59", ""},
		{day("2026-11-22 12:00:00"), "2026-11-22 12:05:00", "12:05"},
		{day("2026-11-21 12:00:00"), "2026-11-22 12:05:00", "22 Nov 12:05"},
	} {
		if got := stamp(c.before, day(c.at)); got != c.want {
			t.Errorf("%s after %s: %q, not %q", c.at, c.before, got, c.want)
		}
	}
}
