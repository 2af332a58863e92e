package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestHistory looks at what a running bridge sent and sends it again, as the
// README tells: each time it rings, though DingTalk shows the same content once
// a day.
func TestHistory(t *testing.T) {
	t.Parallel()
	p, dingtalk, _ := served(t, crashRules)
	if code, body, err := postJSON(http.DefaultClient, p.hooks+"/hooks/am", alert(1, "firing")); code != 202 || err != nil {
		t.Fatalf("%d %s %v", code, body, err)
	}
	ask := func(want string, args ...string) {
		t.Helper()
		out, errs, code := workbell(t, append(args, "--admin.url="+p.admin)...)
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("workbell %s: exit %d, no %q in\n%s%s", strings.Join(args, " "), code, want, out, errs)
		}
	}
	for rings := range int64(3) {
		if rings > 0 {
			ask("delivery 1: sent again to 1 user", "resend", "1")
		}
		waitUntil(t, func() bool { return queueDepth(t, p.admin) == 0 }, "the queue to empty", p.log)
		if got := dingtalk.Rings("u1"); got != rings+1 {
			t.Errorf("after %d resends it rang %d times", rings, got)
		}
	}
	ask("Serial-0000001", "deliveries", "--of=1", "--rule=all")
	ask("accepted by DingTalk, task", "show", "3")
	ask("acknowledged", "ack", "2")
}
