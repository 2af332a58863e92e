package message

import (
	"strings"
	"testing"
)

// BenchmarkBuild is what the hot path makes of an event: a message that fits,
// and one that has to be cut.
func BenchmarkBuild(b *testing.B) {
	const link = "https://alertmanager.example/#/alerts?receiver=ops&filter=%7Balertname%3D%22HighLatency%22%7D"
	text := "### [FIRING:2] HighLatency\n\n**job**: api  \n**cluster**: eu-west-1\n\n" +
		strings.Repeat("- api-1.example:8080 延迟过高 p99 is 1.2 s, `curl -v \"http://api-1.example\"`\n", 4) +
		"\n[Runbook](https://wiki.example/runbooks/high-latency) · [View all](" + link + ")"
	long := strings.Repeat(text+"\n\n", 6)
	for name, c := range map[string]struct {
		msgtype string
		v       Values
	}{
		"markdown":     {"markdown", Values{"title": "[FIRING:2] HighLatency 延迟过高", "text": text}},
		"markdown cut": {"markdown", Values{"title": "[FIRING:2] HighLatency 延迟过高", "text": long}},
		"oa": {"oa", Values{"title": "HighLatency: 2 firing", "content": "延迟过高: p99 is 1.2 s\nfor 10 minutes", "author": "alertmanager",
			"head_color": "FFE02D2D", "status": "Firing", "status_color": "0xFFF65E5E", "rich": "2 alerts",
			"form": Row("job", "api") + Row("cluster", "eu-west-1") + Row("instance", "api-1.example:8080") + Row("since", "2026-01-02 11:04")}},
		"oa cut":      {"oa", Values{"title": "HighLatency: 2 firing", "content": long, "form": Row("job", "api") + Row("cluster", long)}},
		"action_card": {"action_card", Values{"title": "HighLatency", "markdown": text, "buttons": Button("Runbook", "https://wiki.example/x") + Button("Open", link)}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Build(c.msgtype, c.v, link, MaxBytes-MarkRoom); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
