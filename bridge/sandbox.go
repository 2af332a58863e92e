package bridge

import (
	"fmt"

	"workbell/config"
	"workbell/sandbox"
	"workbell/secret"
)

// SampleCurl is a command that posts an alert to the embedded rules' source.
func SampleCurl(hooks string) string {
	return fmt.Sprintf(`  curl -sS %s/hooks/alertmanager -H 'Content-Type: application/json' -d '{
    "version": "4", "groupKey": "{}:{alertname=\"HighLatency\"}", "status": "firing", "receiver": "workbell",
    "groupLabels": {"alertname": "HighLatency"}, "externalURL": "http://alertmanager.example:9093",
    "commonLabels": {"alertname": "HighLatency", "severity": "critical", "service": "checkout", "env": "prod"},
    "commonAnnotations": {"summary": "p99 latency is 2.3 s", "runbook_url": "https://runbooks.example/latency"},
    "alerts": [{"status": "firing", "labels": {"alertname": "HighLatency", "instance": "web-1:8080"},
      "annotations": {"summary": "p99 latency is 2.3 s"}, "startsAt": "2026-11-22T03:04:05Z",
      "generatorURL": "http://prometheus.example:9090/graph", "fingerprint": "a1b2c3d4e5f60718"}]}'`, hooks)
}

// sandboxOptions are a stand-in with the apps of rules.yaml, in which everybody
// whom the rules name exists.
func sandboxOptions(cfg *config.Config) sandbox.Options {
	o := sandbox.Options{AdoptUnknown: true}
	for i := range cfg.DingTalk.Apps {
		a := &cfg.DingTalk.Apps[i]
		o.Apps = append(o.Apps, sandbox.App{Name: a.Name, Key: sandboxKey(a), Secret: sandboxSecret, AgentID: a.AgentID,
			ThirdParty: a.Type == config.ThirdParty})
	}
	return o
}

var sandboxSecret = secret.New("sandbox")

func sandboxKey(a *config.App) string { return "sandbox-" + a.Name }

// startSandbox starts the stand-in and points the apps at it.
func (b *Bridge) startSandbox(cfg *config.Config) error {
	b.sandbox = sandbox.New(sandboxOptions(cfg))
	if err := b.serve("sandbox", b.o.SandboxAddress, b.sandbox.Handler()); err != nil {
		return err
	}
	b.pointAtSandbox(cfg)
	return nil
}

// pointAtSandbox replaces base_url and the apps' credentials, where there is a
// sandbox.
func (b *Bridge) pointAtSandbox(cfg *config.Config) {
	if b.sandbox == nil {
		return
	}
	b.sandbox.Adopt(sandboxOptions(cfg).Apps...)
	cfg.DingTalk.BaseURL = b.URL("sandbox")
	for i := range cfg.DingTalk.Apps {
		a := &cfg.DingTalk.Apps[i]
		if a.Type == config.ThirdParty {
			a.SuiteKey, a.SuiteSecret, a.AuthCorpID = sandboxKey(a), sandboxSecret, "sandbox"
			a.SuiteTicket, a.SuiteTicketFile = sandboxSecret, ""
			continue
		}
		a.AppKey, a.AppSecret = sandboxKey(a), sandboxSecret
	}
}

// Sandbox returns the stand-in for DingTalk, or nil.
func (b *Bridge) Sandbox() *sandbox.Sandbox { return b.sandbox }
