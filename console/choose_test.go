package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestFindEvent goes from a piece of a title to the event of which nobody was
// told, and to why, also before it is said who is asked about.
func TestFindEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	silent, _ := r.alert("Watchdog", "none", "firing", "it lives")
	loud, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	for i := range 21 {
		r.alert(fmt.Sprint("Noise", i), "none", "firing", "noise")
	}
	tab := r.browser(look{})
	tab.open("/why?person=u1")
	tab.says(".recent li .state", "made no notification")
	tab.see(`document.querySelectorAll(".recent li").length == 20 && !document.querySelector(".recent").textContent.includes("Watchdog")`)
	tab.do(click(`.pages [rel="next"]`))
	tab.see(`document.querySelectorAll(".recent li").length == 3`)
	tab.says(".recent li", "Watchdog: firing")
	tab.do(click(`.pages a:not([rel])`))
	tab.see(`!document.getElementById("keys").hidden && document.querySelectorAll(".recent li").length == 20`)
	tab.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	tab.see(`document.activeElement == document.querySelector(".recent li:nth-child(2) a")`)
	tab.do(write("#q", "watchd"+kb.Enter))
	tab.see(`document.querySelectorAll(".recent li").length == 1`)
	tab.do(click(".recent li a"))
	tab.see(`location.search.includes("event=` + silent + `") && location.search.includes("person=u1")`)
	tab.says("[role=status]", "No rule matched this event")
	tab.open("/why?event=" + loud)
	tab.says(".told", "u1, u2, u3")
	tab.says(".trace .yes", "matched")
	tab.see(`[...document.querySelectorAll("#people option")].map((o) => o.value).includes("octocat")`)
	tab.open("/why?q=nowhere")
	tab.says(".recent", "No event matches.")
}

// TestPlaygroundKeeps shows first what the rules name, opens others by choice,
// takes another event, and keeps what was edited until it is discarded.
func TestPlaygroundKeeps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.alert("HighLatency", "warning", "firing", "p99 is 2.3 s")
	r.alert("Watchdog", "none", "firing", "it lives")
	tab := r.browser(look{})
	names := func() string {
		return strings.Join(eval[[]string](tab, `[...document.querySelectorAll("[role=tab]:not([hidden])")].map((t) => t.textContent)`), " ")
	}
	tab.open("/playground")
	if got, want := names(), "rules.yaml Event alertmanager.tmpl github.tmpl json.tmpl"; got != want {
		t.Errorf("the tabs are %s, not %s", got, want)
	}
	tab.says("#trial", "Nothing would be sent.")
	tab.see(`document.querySelector("#pick option:checked").textContent.includes("alertmanager · Watchdog: firing")`)
	change := func(selector, value string) {
		t.Helper()
		tab.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const s = document.querySelector(%s); s.value = %s;
			for (const e of ["input", "change"]) s.dispatchEvent(new Event(e, { bubbles: true })); })()`, quoted(selector), quoted(value))))
	}
	other := eval[string](tab, `[...document.querySelectorAll("#more option")].find((o) => o.textContent == "_alert.tmpl").value`)
	change("#more", other)
	tab.see(`document.activeElement.textContent == "_alert.tmpl" && !document.querySelector('[name="template:_alert.tmpl"]').closest(".pane").hidden`)
	change(`[name="template:_alert.tmpl"]`, eval[string](tab, `document.querySelector('[name="template:_alert.tmpl"]').value.replace("{{ sign . }}", "Mended: {{ sign . }}")`))
	change("#pick", "1")
	tab.says("#trial .ph-card", "Mended:")
	tab.see(`location.search == "?event=1" && document.querySelector('[name="payload"]').value.includes("HighLatency")`)
	tab.see(`document.querySelector("#pane-payload").hidden && !document.querySelector("#edited").hidden`)
	tab.open("/")
	tab.open("/playground?event=1")
	tab.says("#trial .ph-card", "Mended:")
	if got := names(); !strings.Contains(got, "_alert.tmpl") {
		t.Errorf("what was edited has no tab: %s", got)
	}
	tab.do(click("#discard"))
	tab.see(`!document.querySelector("#trial").textContent.includes("Mended:") && document.querySelector("#edited").hidden`)
	tab.open("/playground?event=1")
	tab.see(`!document.querySelector("#keys").hidden && document.querySelector("#edited").hidden && !document.querySelector('[name="template:_alert.tmpl"]').value.includes("Mended")`)
}
