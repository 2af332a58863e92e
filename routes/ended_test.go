package routes

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"workbell/config"
	"workbell/outbox"
	"workbell/transform"
)

// TestResendWhatIsOver: a card that is sent again after its event was resolved
// says so in its status bar, whether DingTalk had taken it or not.
func TestResendWhatIsOver(t *testing.T) {
	t.Parallel()
	const rules = `dingtalk: {apps: [{name: ops, agent_id: 1}]}
sources: [{name: s, type: json, auth: none}]
groups: {sre: {users: [u1]}}
rules: [{name: rule, to: sre, msgtype: oa, on_resolve: status_bar}]
`
	for name, state := range map[string]outbox.State{"sent": outbox.Sent, "refused": outbox.Refused} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(o *Options) {
				cfg, faults := config.Load([]byte(rules), config.Options{Sandbox: true})
				tr, more := transform.Load(cfg, os.DirFS("../templates"))
				if tr == nil {
					t.Fatal(append(faults, more...))
				}
				o.Plan.Store(&Plan{Config: cfg, Transform: tr})
			})
			m := text("", "u1")
			m.Msgtype, m.OnResolve = "oa", "status_bar"
			m.Body = []byte(`{"msgtype":"oa","oa":{"message_url":"https://a.example","head":{"bgcolor":"FFBBBBBB","text":"t"},"status_bar":{"status_value":"Firing","status_bg":"0xFFF65E5E"},"body":{"title":"down"}}}`)
			r.keep(outbox.Event{Title: "down", Status: "firing", GroupKey: "g"}, m)
			r.end(r.begin(), state, outbox.Result{Outcome: outbox.Accepted, TaskID: 77})
			_, err := r.store.Enqueue(r.Context(), []outbox.Entry{{Event: outbox.Event{Source: "s", Kind: "json", Status: "resolved", GroupKey: "g", Received: time.Now()}, Resolve: outbox.Windows}})
			r.ok(err)
			if first := r.delivery(1); first.Resolved.IsZero() {
				t.Fatalf("not resolved: %+v", first)
			}
			code, done, detail := r.post("1/resend", "")
			if code != http.StatusAccepted || len(done.Deliveries) != 1 || done.Deliveries[0].ID != 2 {
				t.Fatal(code, done, detail)
			}
			var sent struct {
				OA struct {
					Bar struct {
						Value string `json:"status_value"`
						Color string `json:"status_bg"`
					} `json:"status_bar"`
				} `json:"oa"`
			}
			again := r.delivery(2)
			r.ok(json.Unmarshal(again.Body, &sent))
			zone, err := time.LoadLocation(config.DefaultTimezone)
			r.ok(err)
			want := "Resolved · " + r.delivery(1).Resolved.In(zone).Format("15:04")
			if bar := sent.OA.Bar; bar.Color != "0xFF78C06E" || bar.Value != want || again.OnResolve != "send" {
				t.Errorf("its bar is %+v, on_resolve %s, not %q", bar, again.OnResolve, want)
			}
		})
	}
}
