package console_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestLive has a webhook appear on a page that is open, and its state change.
func TestLive(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tab := r.browser(look{})
	tab.open("/")
	tab.says("#live", "live")
	tab.says("#list", "Nothing has come in yet")
	r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	tab.says("#list tbody tr", "HighLatency: firing")
	tab.says("#list tbody tr .state", "sent")
	tab.says("#news", "HighLatency") // what a screen reader says
	r.alert("HighLatency", "critical", "resolved", "p99 is 0.2 s")
	tab.says("#list tbody tr .word", "resolved")
	tab.open("/why")
	tab.says("#live", "live")
	r.alert("Watchdog", "none", "firing", "it lives")
	tab.says("#events li", "Watchdog: firing") // of which nobody is told
}

// TestFilter finds deliveries by text, recipient and state, and keeps what it
// looks for in the address.
func TestFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.alert("DiskFull", "warning", "firing", "/var is full")
	_, build := r.hook("jenkins", `{"name":"search #99","status":"firing","log":"no"}`)
	r.until(build[0], "sent")
	tab := r.browser(look{})
	tab.open("/")
	tab.do(write("#q", "diskfull"+kb.Enter))
	tab.see(`location.search.includes("q=diskfull") && document.querySelectorAll("#list tbody tr").length == 1`)
	tab.says("#list tbody tr", "DiskFull")
	tab.do(click(".clear"))
	tab.see(`location.search == "" && document.querySelectorAll("#list tbody tr").length == 2`)
	for query, want := range map[string]string{
		"person=u42": "search #99", "person=octocat": "DiskFull", "source=alertmanager": "DiskFull", "rule=builds": "search #99", "group=search+%2399": "search #99",
		"from=2020-01-01T00:00&state=done&person=u1": "DiskFull",
	} {
		tab.open("/?" + query)
		if got := eval[[]string](tab, `[...document.querySelectorAll("#list tbody .what a")].map((a) => a.textContent)`); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("/?%s lists %q, not %s alone", query, got, want)
		}
	}
	for _, query := range []string{"state=dead", "until=2020-01-01T00:00", "from=2100-01-01T00:00", "q=nowhere"} {
		tab.open("/?" + query)
		tab.says("#list", "Nothing here matches.")
	}
}

// TestKeys goes through the list and opens a delivery by keys alone.
func TestKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.alert("First", "warning", "firing", "one")
	_, d := r.alert("Second", "warning", "firing", "two")
	r.until(d[0], "sent")
	tab := r.browser(look{})
	tab.open("/")
	press := func(keys string) {
		t.Helper()
		tab.see(`!document.getElementById("keys").hidden`) // the script has run, and listens
		tab.do(chromedp.KeyEvent(keys))
	}
	press("?")
	tab.see(`document.getElementById("help").open`)
	press(kb.Escape)
	tab.see(`!document.getElementById("help").open`)
	press("/")
	tab.see(`document.activeElement.id == "q"`)
	press("j")
	tab.see(`document.activeElement.value.endsWith("j")`) // while typing, keys are letters
	tab.open("/")
	press("j")
	tab.see(`document.activeElement.textContent.includes("Second")`)
	press("j")
	tab.see(`document.activeElement.textContent.includes("First")`)
	press(kb.Enter)
	tab.says("h1", "First")
	press("u")
	tab.see(`location.pathname == "/"`)
}

// TestTimeline reads the whole way of a delivery from its page.
func TestTimeline(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "warning", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	tab := r.browser(look{})
	tab.open("/deliveries/" + d[0])
	at := 0
	way := eval[string](tab, `document.querySelector("ol.line").textContent`)
	for _, want := range []string{
		"Webhook from alertmanager", "Rule alerts matched", `severity == "critical" is false: severity is "warning"`, "not asked: alerts matched",
		"Kept, for u1, u2, u3", "Attempt 1: DingTalk accepted", "task ", "sent", "ask what became of it",
	} {
		i := strings.Index(way[at:], want)
		if i < 0 {
			t.Fatalf("the timeline does not say %q after the first %d bytes:\n%s", want, at, way)
		}
		at += i
	}
	tab.says(".seen .ph-card", "p99 is 2.3 s")
	tab.says(".bytes", "of 2048 bytes")
	tab.says(".raw pre", `"msgtype":"markdown"`)
	tab.says(".raw pre", `"groupKey": "HighLatency"`)
}

// TestRecall asks first, then has it recalled and says so.
func TestRecall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	tab := r.browser(look{})
	tab.open("/deliveries/" + d[0])
	tab.do(click(`a[href$="/recall"]`))
	tab.says("h1", "Take this back?")
	r.until(d[0], "sent")
	tab.do(write(`[name="by"]`, "alice"), click("form button.main"))
	tab.says(".said", "DingTalk is asked to take it back")
	r.until(d[0], "recalled")
	tab.do(click(".button.main"))
	tab.says(".head .state", "recalled")
	tab.says("ol.line", "recall asked for by alice")
	tab.open("/deliveries/" + d[0] + "/recall")
	tab.do(click("form button.main"))
	tab.says(".said", "it has been recalled already")
	tab.open("/deliveries/" + d[0] + "/resend")
	tab.do(click("form button.main"))
	tab.says(".ask", "To be sent")
}

// TestPlayground makes a mistake in a rule, sees where it is, goes there, mends
// it, and sees the message; then the same in a template.
func TestPlayground(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	tab := r.browser(look{})
	tab.open("/playground")
	tab.says("#trial .ph-card", "p99 is 2.3 s")
	tab.says("#trial .trace .yes", "critical")
	if text := eval[string](tab, `document.querySelector("[name=rules]").value`); strings.Contains(text, "in-plain-sight") {
		t.Error("the playground shows a secret")
	}
	edit := func(name, from, to string) {
		t.Helper()
		tab.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const t = document.querySelector(%s);
			t.value = t.value.replace(%s, %s); t.dispatchEvent(new Event("input", { bubbles: true })); })()`, quoted(`[name="`+name+`"]`), quoted(from), quoted(to))))
	}
	edit("rules", `severity == "critical"`, `severty == "critical"`)
	tab.says("#trial .faults", `unknown name "severty"`)
	tab.says("#trial .faults .place", "rules.yaml:19:37")
	tab.says("#trial .faults", `did you mean "severity"?`)
	tab.do(click("#trial .place"))
	tab.see(`document.activeElement.name == "rules" && getSelection().toString() == "severty" || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd) == "severty"`)
	edit("rules", `severty == "critical"`, `severity == "page"`)
	tab.says("#trial .trace .yes", "alerts")
	edit("template:_alert.tmpl", `{{ sign . }}`, `{{ sing . }}`)
	tab.says("#trial .faults .place", "templates/_alert.tmpl:14")
	edit("template:_alert.tmpl", `{{ sing . }}`, `Mended: {{ sign . }}`)
	tab.says("#trial .ph-card", "Mended:")
	edit("payload", `"p99 is 2.3 s"`, `"p99 is 9.9 s"`)
	tab.says("#trial .ph-card", "9.9 s")
	edit("payload", `"version"`, `version`)
	tab.says("#trial .said", "JSON")
	if n := len(r.bridge.Sandbox().Calls()); n != 1 {
		t.Errorf("%d calls reached DingTalk, not the webhook's alone", n)
	}
}

// TestWhy explains to somebody why they did not get something, or did.
func TestWhy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	silent, _ := r.alert("Watchdog", "none", "firing", "it lives")
	loud, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	after, _ := r.alert("Watchdog2", "none", "firing", "it lives")
	tab := r.browser(look{})
	for question, want := range map[string][]string{
		"event=" + silent + "&person=u1":      {"No rule matched this event", `severity != "none" is false: severity is "none"`},
		"event=" + loud + "&person=octocat":   {"octocat is among the recipients of delivery 1, which is sent.", "reaches them"},
		"event=" + loud + "&person=stranger":  {"The rules send this event to others than stranger.", "matched, for others"},
		"event=12345&person=u1":               {`There is no event "12345"`},
		"event=x&person=u1":                   {`There is no event "x"`},
		"event=" + after + "&person=Monalisa": {"No rule matched this event"},
	} {
		tab.open("/why?" + question)
		for _, w := range want {
			tab.says("main", w)
		}
	}
	tab.open("/why")
	tab.says(".recent", "Watchdog2: firing") // of which there is no delivery
}

// TestLanguagesAndThemes opens pages as browsers of both languages and themes do.
func TestLanguagesAndThemes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("磁盘已满", "critical", "firing", "磁盘 /var 已满")
	r.until(d[0], "sent")
	luminance := map[bool]float64{}
	for _, dark := range []bool{false, true} {
		tab := r.browser(look{language: "zh-CN,zh;q=0.9,en;q=0.5", dark: dark})
		tab.open("/")
		tab.says("nav", "为何没收到？")
		tab.says("#list .state", "已发送")
		tab.see(`document.documentElement.lang == "zh"`)
		luminance[dark] = eval[float64](tab, `getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((n, c) => n + +c, 0)`)
	}
	if luminance[false] < 600 || luminance[true] > 200 {
		t.Errorf("the ground is %v in the light and %v in the dark", luminance[false], luminance[true])
	}
	tab := r.browser(look{language: "fr"})
	tab.open("/overview")
	tab.says("nav", "Why not?")
}

// TestNarrowAndAccessible looks at every page at 360 px and at full width, in
// both themes: nothing is wider than the screen, and axe finds nothing serious.
func TestNarrowAndAccessible(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	silent, _ := r.alert("Watchdog", "none", "firing", "it lives")
	_, d := r.alert("HighLatency", "critical", "firing", strings.Repeat("averyveryverylongword", 8))
	r.until(d[0], "sent")
	if err := r.bridge.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]look{"phone, dark": {width: 360, height: 740, dark: true, language: "zh"}, "desk": {}} {
		t.Run(name, func(t *testing.T) {
			tab := r.browser(l)
			for _, path := range []string{"/", "/?q=x&person=u1", "/deliveries/" + d[0], "/deliveries/" + d[0] + "/recall", "/why", "/why?event=" + silent + "&person=u1", "/playground", "/overview", "/deliveries/999"} {
				tab.open(path)
				if wide := eval[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
					t.Errorf("%s is %d px wider than the screen", path, wide)
				}
				tab.do(chromedp.Evaluate[chromedp.Void](string(axe)))
				for _, v := range eval[[]string](tab, `axe.run().then((r) => r.violations.filter((v) => ["serious", "critical"].includes(v.impact))
					.map((v) => v.id + ": " + v.help + " " + v.nodes.map((n) => n.html + " " + n.any.map((a) => a.message)).join("\n")))`) {
					t.Errorf("%s: %s", path, v)
				}
			}
		})
	}
}

// TestHostile shows what an attacker sends, and nothing of it becomes more than
// text.
func TestHostile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const bad = `<script>window.pwned=1</script><img src=x onerror="window.pwned=1"> [x](javascript:window.pwned=1) \u202egnp.exe "'><svg onload=window.pwned=1>`
	name := strings.ReplaceAll(bad, `\u202e`, "\u202e")
	event, d := r.alert(name, "critical", "firing", name)
	r.hook("jenkins", `{"name":`+quoted(name)+`,"status":`+quoted(name)+`,"log":`+quoted(name)+`,"url":"javascript:window.pwned=1"}`)
	r.until(d[0], "sent", "refused")
	tab := r.browser(look{})
	for _, path := range []string{"/", "/deliveries/1", "/deliveries/2", "/deliveries/1/recall", "/why", "/why?event=" + event + "&person=%3Cscript%3Ewindow.pwned%3D1%3C/script%3E",
		"/playground?event=" + event, "/?q=%22%3E%3Cscript%3Ewindow.pwned%3D1%3C/script%3E", "/overview"} {
		tab.open(path)
		if eval[bool](tab, `"pwned" in window || document.querySelectorAll("main script, main img, main [onload], main [onerror]").length > 0`) {
			t.Errorf("%s runs what came in", path)
		}
		if links := eval[[]string](tab, `[...document.links].map((a) => a.protocol).filter((p) => !/^https?:$/.test(p))`); len(links) > 0 {
			t.Errorf("%s links to %v", path, links)
		}
		// A title that turns the writing round does so within itself alone.
		if loose := eval[[]string](tab, `[...document.querySelectorAll("main *")].filter((e) => [...e.childNodes].some((n) => n.nodeType == 3 && n.data.includes("\u202e")) &&
			!e.closest("bdi, pre, textarea, option, .ph-card, .ph-bubble")).map((e) => e.outerHTML)`); len(loose) > 0 {
			t.Errorf("%s shows it outside of an isolate: %v", path, loose)
		}
	}
}
