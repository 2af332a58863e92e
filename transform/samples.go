package transform

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/alertmanager/template"

	"workbell/config"
	"workbell/message"
	"workbell/source"
)

// always are errors that a template has whatever the event.
var always = regexp.MustCompile(`there is no \.|can't evaluate field \w+ in type (template|\*?transform)\.|nil pointer evaluating \*transform\.|wrong number of args|template "[^"]*" not defined`)

// rehearse runs the blocks of a kind with sample events of the kinds of source
// that may come, once, to find what would fail whatever the event.
func (f *family) rehearse(kind message.Kind, kinds []string, faults *config.Faults) {
	for _, ev := range samples() {
		if !slices.Contains(kinds, ev.Kind) || f.tried[kind.Name+ev.Kind+ev.Status] {
			continue
		}
		f.tried[kind.Name+ev.Kind+ev.Status] = true
		for _, escalated := range []*Escalated{nil, {Step: 1, After: "10m", Unread: []string{"u1"}}} {
			_, _, err := f.fit(kind, ev, &draft{now: ev.Received, room: message.MaxBytes, templateID: "sample", escalated: escalated})
			rehearsed(err, faults)
		}
	}
}

// rehearsed adds an error that a template has whatever the event, once.
func rehearsed(err error, faults *config.Faults) {
	var te *templateError
	if !errors.As(err, &te) || !always.MatchString(te.problem) {
		return
	}
	remedy := te.remedy()
	if strings.Contains(te.problem, "nil pointer evaluating") {
		remedy = "only a message that escalates has it: write {{ with .Escalation }}…{{ end }}"
	}
	if !slices.ContainsFunc(*faults, func(o config.Fault) bool { return o.At == te.at }) {
		faults.Add(te.at, remedy, "%s", te.problem)
	}
}

// samples are events of every kind.
func samples() []*source.Event {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var list []*source.Event
	for _, kind := range source.Kinds() {
		switch kind {
		case source.Alertmanager, source.Grafana:
			list = append(list, sampleAlerts(kind, source.Firing, at), sampleAlerts(kind, source.Resolved, at))
		case source.GitHub:
			list = append(list, sampleGitHub(at))
		default:
			list = append(list, sampleJSON(kind, at))
		}
	}
	return list
}

func sampleAlerts(kind, status string, at time.Time) *source.Event {
	labels := template.KV{"alertname": "HighLatency", "severity": "warning", "instance": "db-1"}
	a := template.Alert{
		Status: status, Labels: labels, Annotations: template.KV{"summary": "p99 over 2 s", "description": "for 5 minutes"},
		StartsAt: at.Add(-time.Hour), EndsAt: at, GeneratorURL: "https://prometheus.example/graph", Fingerprint: "0123456789abcdef",
	}
	n := &source.Notification{Version: "4", GroupKey: "{}:{}", Data: template.Data{
		Receiver: "workbell", Status: status, Alerts: template.Alerts{a, a}, GroupLabels: template.KV{"alertname": "HighLatency"},
		CommonLabels: labels, CommonAnnotations: a.Annotations, ExternalURL: "https://alertmanager.example",
	}}
	return &source.Event{
		Source: kind, Kind: kind, Status: status, Severity: "warning",
		Title: "HighLatency", Text: "p99 over 2 s", URL: "https://alertmanager.example/#/alerts",
		GroupKey: n.GroupKey, Labels: labels, Alerts: n, Received: at, Raw: json.RawMessage(`{"version":"4"}`),
	}
}

func sampleGitHub(at time.Time) *source.Event {
	return &source.Event{
		Source: source.GitHub, Kind: source.GitHub, Name: "pull_request.opened", Action: "opened",
		Title: "octo/app: pull request #7 opened by octocat", Text: "Fix the build", URL: "https://github.com/octo/app/pull/7",
		Repository: "octo/app", Sender: "octocat", Ref: "refs/heads/main", Received: at,
		Labels: map[string]string{"repository": "octo/app"}, Raw: json.RawMessage(`{"action":"opened","number":7}`),
	}
}

func sampleJSON(kind string, at time.Time) *source.Event {
	return &source.Event{
		Source: kind, Kind: kind, Status: source.Firing, Severity: "warning", Title: "build 7 failed",
		Text: "exit status 1", URL: "https://ci.example/7", Labels: map[string]string{"job": "build"}, Received: at,
		Raw: json.RawMessage(`{"name":"build"}`),
	}
}
