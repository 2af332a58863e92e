package dingtalk

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"workbell/secret"
)

// sendProxied is the process that TestProxy starts, since the environment's
// proxy is read once in a process: it sends one message and prints what came.
func sendProxied() int {
	c, err := New(Options{BaseURL: "http://oapi.dingtalk.test", AppKey: "key", AppSecret: secret.New(testSecret), AgentID: 7})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer c.Close()
	sent, err := c.Send(context.Background(), lin, hello)
	fmt.Println(sent.TaskID, err)
	return 0
}

func TestProxy(t *testing.T) {
	t.Parallel()
	proxied := serve(t, api(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "oapi.dingtalk.test" {
			t.Errorf("asked for %s", r.URL.Host)
		}
		say(okSent)(w, r)
	}))
	wantsPassword := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	for name, c := range map[string]struct{ proxy, want string }{
		"sends":            {proxied, "256271667526 <nil>"},
		"wants a password": {wantsPassword, "HTTP 407"},
		"is not there":     {"http://user:pr0xypw@127.0.0.1:1", "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), "WORKBELL_TEST_PROXIED=1", "HTTP_PROXY="+c.proxy, "http_proxy=", "NO_PROXY=", "no_proxy=")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), c.want) {
				t.Errorf("%v: %s; not %q", err, out, c.want)
			}
			if strings.Contains(string(out), "pr0xypw") || revealed(string(out)) {
				t.Errorf("a secret shows: %s", out)
			}
		})
	}
}
