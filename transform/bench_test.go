package transform

import (
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"workbell/config"
	"workbell/message"
	"workbell/source"
)

// BenchmarkFit measures a message from which many of 100 alerts have to be left
// out.
func BenchmarkFit(b *testing.B) {
	var faults config.Faults
	f := loadFamilies(os.DirFS("../templates"), time.UTC, &faults)[source.Alertmanager]
	kind, _ := message.KindOf("markdown")
	ev := samples()[0]
	ev.Alerts.Alerts = slices.Repeat(ev.Alerts.Alerts, 50)
	b.ReportAllocs()
	for b.Loop() {
		if _, omitted, err := f.fit(kind, ev, &draft{now: ev.Received, room: message.MaxBytes}); err != nil || omitted == 0 {
			b.Fatal(omitted, err)
		}
	}
}

// BenchmarkApply measures an alert's way through two rules of each msgtype that
// the sandbox's rules use, decoding aside.
func BenchmarkApply(b *testing.B) {
	payload := readFile(b, "../source/testdata/alertmanager/v0.31-two-alerts.json")
	for _, msgtype := range []string{"text", "markdown", "oa", "action_card"} {
		b.Run(msgtype, func(b *testing.B) {
			cfg, faults := config.Load([]byte(`dingtalk: {base_url: "https://oapi.dingtalk.com", apps: [{name: ops, agent_id: 1, app_key: k, app_secret: s}]}
sources: [{name: am, type: alertmanager, auth: none}]
groups: {sre: {users: [u1, u2, u3]}}
rules:
  - {name: critical, when: 'status == "firing" && labels.severity == "page"', to: sre, msgtype: oa}
  - {name: others, when: 'source == "am"', to: sre, msgtype: `+msgtype+`}
`), config.Options{File: "rules.yaml"})
			if err := faults.Fatal(); err != nil {
				b.Fatal(err)
			}
			t, faults := Load(cfg, os.DirFS("../templates"))
			if err := faults.Fatal(); err != nil {
				b.Fatal(err)
			}
			src, err := source.New(source.Spec{Name: "am", Kind: source.Alertmanager})
			if err != nil {
				b.Fatal(err)
			}
			now := time.Now()
			events, err := src.Decode(http.Header{"Content-Type": {"application/json"}}, payload, now)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if got := t.Apply(events[0], now); len(got.Messages) != 1 || len(got.Faults) != 0 {
					b.Fatalf("%+v", got)
				}
			}
		})
	}
}
