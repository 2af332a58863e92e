package console_test

import (
	"strings"
	"testing"

	"workbell/sandbox"
)

// Why nothing goes out stands where whoever is on duty looks first: above the
// deliveries, and on the page of one that waits, but not of one that has ended.
func TestPaused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, sent := r.alert("HighLatency", "critical", "firing", "p99 is 2.3 s")
	r.until(sent[0], "sent")
	pages := map[string]bool{"/": true, "/deliveries/" + sent[0]: false}
	const says = "stopped: credentials, permission or address are wrong; somebody must act; tries again"
	if _, page := r.get("/"); strings.Contains(page, says) {
		t.Errorf("it says so of an app that sends:\n%s", page)
	}
	r.ok(r.bridge.Sandbox().Fail(sandbox.Fault{Kind: sandbox.Whitelist}))
	_, waits := r.alert("DiskFull", "critical", "firing", "/var is full")
	tab := r.browser(look{width: 360, height: 740})
	tab.open("/")
	tab.says("#list .pause.bad", "ops "+says) // comes without a reload
	pages["/deliveries/"+waits[0]] = true
	for path, want := range pages {
		if _, page := r.get(path); strings.Contains(page, says) != want {
			t.Errorf("%s says %v: %s", path, !want, page)
		}
	}
}
