package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// act does something with a delivery over the API, as another person does.
func (r *rig) act(id, what string) {
	r.Helper()
	res, err := http.Post(r.admin+"/api/v1/deliveries/"+id+"/"+what, "application/json", strings.NewReader(`{"by":"somebody"}`))
	r.ok(err)
	_ = res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		r.Fatalf("%s of delivery %s: %s", what, id, res.Status)
	}
}

// TestDrawnAsItIsNow draws a status bar as it was turned, and what was taken
// back as gone.
func TestDrawnAsItIsNow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	tab := r.browser(look{})
	tab.open("/deliveries/" + d[0])
	tab.says("#seen", "As the employee sees it")
	tab.says(".ph-status", "Firing")
	r.alert("HighLatency", "critical", "resolved", "p99 is 0.2 s")
	tab.says(".ph-status", "Resolved · ")
	tab.see(`document.querySelector(".ph-status rect").getAttribute("fill") == "#78C06E"`)
	tab.says("#seen", "sees it now")
	tab.says("ol.line", "Status bar turned")
	tab.says(".raw pre", `"status_value":"Firing"`) // what was sent
	r.act(d[0], "recall")
	tab.says("#seen", "Taken back")
	tab.see(`document.querySelector(".screen.gone .ph-card")`)
}

// TestRefreshLeavesAlone has a page change while it is read: what was opened
// stays open, the focus stays where it was, and what is selected stays selected
// until it is let go.
func TestRefreshLeavesAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	tab := r.browser(look{})
	tab.open("/deliveries/" + d[0])
	tab.do(click("#rules summary"))
	tab.see(`document.querySelector("#rules").open && document.activeElement.matches("#rules summary")`)
	r.act(d[0], "ack")
	tab.says("#fate ol.line", "Somebody takes care of it")
	tab.see(`document.querySelector("#rules").open && document.activeElement.matches("#rules summary")`)
	tab.do(chromedp.Evaluate[chromedp.Void](`getSelection().selectAllChildren(document.querySelector("#way"))`))
	r.act(d[0], "recall")
	r.until(d[0], "recalled")
	tab.see(`missed`) // it was to be exchanged
	if state := eval[string](tab, `document.querySelector(".head .state").textContent`); state != "sent" || eval[string](tab, `getSelection().toString()`) == "" {
		t.Errorf("it changed to %s below what was selected", state)
	}
	tab.do(chromedp.Evaluate[chromedp.Void](`getSelection().removeAllRanges()`))
	tab.says(".head .state", "recalled")
	tab.open("/")
	tab.see(`document.querySelector("#live").textContent == "live"`)
	tab.do(chromedp.KeyEvent("j"))
	tab.see(`document.activeElement.id == "d-` + d[0] + `"`)
	r.alert("DiskFull", "warning", "firing", "/var is full")
	tab.says("#list tbody tr", "DiskFull")
	tab.see(`document.activeElement.id == "d-` + d[0] + `"`)
}

// TestRemembers leads back to the list as it was filtered, and signs as before.
func TestRemembers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	tab := r.browser(look{})
	tab.open("/?q=latency&state=done")
	tab.do(click("#list tbody a"))
	tab.says("h1", "HighLatency")
	tab.see(`!document.getElementById("keys").hidden`)
	tab.do(chromedp.KeyEvent("u"))
	tab.see(`location.search == "?q=latency&state=done"`)
	tab.open("/deliveries/" + d[0] + "/ack")
	tab.do(write(`[name="by"]`, "alice"+kb.Enter))
	tab.says(".said", "acknowledged")
	tab.open("/deliveries/" + d[0] + "/recall")
	tab.see(`document.querySelector('[name="by"]').value == "alice"`)
}

// TestChinese says what other packages say in English, on Chinese pages, in
// Chinese: why rules matched or not, what was noted and done, and refusals.
func TestChinese(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	event, d := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(d[0], "sent")
	r.act(d[0], "recall")
	r.until(d[0], "recalled")
	tab := r.browser(look{language: "zh-CN"})
	tab.open("/deliveries/" + d[0])
	tab.says("ol.line", "告警中 · critical")
	tab.says("ol.line", "已请求撤回（somebody）")
	tab.says("ol.line .trace", "未询问：critical 已匹配并结束")
	tab.says("ol.line .trace", `severity == "critical" 成立`)
	tab.open("/why?person=u42&event=" + event)
	tab.says(".trace", "未询问：critical 已匹配并结束")
	tab.open("/deliveries/" + d[0] + "/recall")
	tab.do(click("form button.main"))
	tab.says(".said", "它已经撤回")
	english := eval[[]string](tab, `[...document.querySelectorAll("main *")].flatMap((e) => [...e.childNodes]).filter((n) => n.nodeType == 3 && /[a-z]+ [a-z]+/.test(n.data)).map((n) => n.data)`)
	if len(english) > 0 {
		t.Errorf("still in English: %q", english)
	}
}
