package console_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	r.alert("HighLatency", "critical", "resolved", "p99 latency of checkout is 0.2 s")
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
		{"deliveries-phone", "/", look{width: 360, height: 740, scale: 2, dark: true}},
		{"delivery", "/deliveries/" + critical, look{width: 1280, height: 860}},
		{"delivery-dark", "/deliveries/" + partial, look{width: 1280, height: 800, dark: true}},
		{"delivery-phone", "/deliveries/" + critical, look{width: 360, height: 780, scale: 2, language: "zh-CN"}},
		{"events", "/why?person=octocat", look{width: 1280, height: 640, dark: true}},
		{"why", "/why?event=" + silent + "&person=octocat", look{width: 1280, height: 640}},
		{"playground", "/playground?event=1", look{width: 1280, height: 860}},
		{"overview", "/overview", look{width: 1280, height: 720, language: "zh", dark: true}},
	}
	for _, s := range shots {
		tab := r.browser(s.look)
		tab.open(s.path)
		if strings.HasPrefix(s.name, "delivery") && strings.HasSuffix(s.path, "/"+critical) {
			tab.says(".ph-status", "Resolved · ")
		}
		shot, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
		r.ok(err)
		r.ok(os.WriteFile(filepath.Join(dir, s.name+".png"), compressed(r, shot), 0o644)) //nolint:gosec // to be read by all
	}
}

// compressed is the picture in its 256 most frequent colours.
func compressed(r *rig, shot []byte) []byte {
	r.Helper()
	img, err := png.Decode(bytes.NewReader(shot))
	r.ok(err)
	b := img.Bounds()
	counts := map[color.Color]int{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[img.At(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	palette := color.Palette(frequent[:min(256, len(frequent))])
	nearest := make(map[color.Color]uint8, len(counts))
	for c := range counts {
		nearest[c] = uint8(palette.Index(c)) //nolint:gosec // below 256
	}
	small := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[img.At(x, y)])
		}
	}
	var out bytes.Buffer
	r.ok((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small))
	return out.Bytes()
}
