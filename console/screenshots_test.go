package console_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"workbell/sandbox"
)

// story fills a bridge with what a day brings, and waits until DingTalk was
// asked what became of it.
func story(r *rig) (critical, partial, silent string) {
	r.Helper()
	dingtalk := r.bridge.Sandbox()
	_, d := r.alert("HighLatency", "critical", "firing", "p99 latency of checkout is 2.3 s")
	critical = d[0]
	_, d = r.alert("DiskFull", "warning", "firing", "磁盘 /var 已用 93%，预计 4 小时后写满")
	r.until(d[0], "sent")
	r.ok(dingtalk.Fail(sandbox.Fault{Kind: sandbox.Drop, User: "u42", Code: 143106, Times: 1}))
	_, d = r.hook("jenkins", `{"name":"checkout #812","status":"firing","log":"2 of 418 tests failed:\n- cart_test.go:77\n- pay_test.go:12","url":"https://ci.example/checkout/812"}`)
	partial = d[0]
	r.until(partial, "sent")
	_, d = r.hook("jenkins", `{"name":"search #99","status":"firing","log":"the image could not be pushed","url":"https://ci.example/search/99"}`)
	r.until(d[0], "sent")
	pull, err := os.ReadFile("../source/testdata/github/pull_request.opened.json")
	r.ok(err)
	_, d = r.hook("github", string(pull), "X-GitHub-Event", "pull_request", "X-GitHub-Delivery", "1")
	r.until(d[0], "sent")
	r.ok(dingtalk.Fail(sandbox.Fault{Kind: sandbox.Refuse, Path: "asyncsend_v2", Code: 34016, Message: "the message is too long", Times: 1}))
	_, d = r.hook("jenkins", `{"name":"docs #7","status":"firing","log":"a broken link","url":"https://ci.example/docs/7"}`)
	r.until(d[0], "refused")
	_, d = r.hook("jenkins", `{"name":"search #99","status":"resolved","log":"the image was pushed","url":"https://ci.example/search/99"}`)
	r.until(d[0], "sent")
	dingtalk.Read("u1")
	dingtalk.Read("u2")
	r.until(partial, "partial")
	r.until(d[0], "delivered")
	_, d = r.alert("CertificateExpires", "warning", "firing", "The certificate of shop.example expires in 6 days")
	r.until(d[0], "sent")
	silent, _ = r.alert("Watchdog", "none", "firing", "An alert that always fires")
	return critical, partial, silent
}

// TestScreenshots draws docs/screenshots, where SCREENSHOTS names the folder.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("make screenshots draws them")
	}
	r := newRig(t)
	critical, partial, silent := story(r)
	shots := []struct {
		name, path string
		look       look
	}{
		{"deliveries", "/", look{width: 1280, height: 620}},
		{"deliveries-dark", "/", look{width: 1280, height: 620, dark: true}},
		{"deliveries-phone", "/", look{width: 360, height: 740, scale: 2}},
		{"delivery", "/deliveries/" + critical, look{width: 1280, height: 860}},
		{"delivery-phone-zh", "/deliveries/" + critical, look{width: 360, height: 900, scale: 2, language: "zh-CN"}},
		{"delivery-partial", "/deliveries/" + partial, look{width: 1280, height: 860, dark: true}},
		{"recall", "/deliveries/" + critical + "/recall", look{width: 1280, height: 560}},
		{"why", "/why?event=" + silent + "&person=octocat", look{width: 1280, height: 760}},
		{"playground", "/playground?event=1", look{width: 1280, height: 860}},
		{"playground-phone", "/playground?event=1", look{width: 360, height: 900, scale: 2}},
		{"overview", "/overview", look{width: 1280, height: 800}},
		{"overview-zh-dark", "/overview", look{width: 1280, height: 800, language: "zh", dark: true}},
		{"overview-phone", "/overview", look{width: 360, height: 900, scale: 2}},
	}
	for _, s := range shots {
		tab := r.browser(s.look)
		tab.open(s.path)
		shot, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
		r.ok(err)
		img, err := png.Decode(bytes.NewReader(shot))
		r.ok(err)
		var small bytes.Buffer
		r.ok((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, img))
		r.ok(os.WriteFile(filepath.Join(dir, s.name+".png"), small.Bytes(), 0o644)) //nolint:gosec // to be read by all
	}
}
