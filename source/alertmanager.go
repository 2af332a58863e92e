package source

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

const defaultDedupWindow = 2 * time.Minute

// The versions of payload that are understood.
const (
	alertmanagerVersion = "4"
	grafanaVersion      = "1"
)

// alertmanager decodes notifications of Alertmanager 0.25 and later (the
// webhook_config page of its documentation) and of Grafana's alerting.
type alertmanager struct{ window time.Duration }

func newAlertmanager(spec Spec) (decoder, []error) {
	return alertmanager{cmp.Or(max(spec.DedupWindow, 0), defaultDedupWindow)}, nil
}

func (a alertmanager) decode(_ http.Header, body []byte, e *Event) ([]*Event, error) {
	body, err := tidy(body)
	if err != nil {
		return nil, err
	}
	n := new(Notification)
	if !n.quick(body) {
		*n = Notification{}
		err = json.Unmarshal(body, n)
	}
	if n.Version != "" && n.Version != alertmanagerVersion && n.Version != grafanaVersion {
		return nil, bad("version %q of the payload is not known; Alertmanager sends %q, Grafana %q",
			line(n.Version, maxWord), alertmanagerVersion, grafanaVersion)
	}
	if err != nil {
		return nil, badJSON(body, err)
	}
	if err := n.complete(); err != nil {
		return nil, err
	}
	e.Raw, e.Alerts = body, n
	e.Key, e.KeyTTL = n.key(e.Source), a.window
	e.Status, e.Severity = n.Status, n.severity()
	e.GroupKey, e.Labels = group(n.GroupKey), tags(n.CommonLabels)
	e.Title, e.Text, e.URL = n.title(), block(n.text()), n.url()
	if n.Version == grafanaVersion {
		grafana(e)
	}
	return []*Event{e}, nil
}

// complete refuses what is no notification, and fills in what a sender may
// leave out: the status, and fingerprints.
func (n *Notification) complete() error {
	switch {
	case n.Version == "":
		return bad(`the body has no "version": it is not a notification of Alertmanager or Grafana`)
	case n.GroupKey == "":
		return bad(`the body has no "groupKey": it is not a notification of Alertmanager or Grafana`)
	case len(n.Alerts) == 0:
		return bad(`the body has no "alerts": it is not a notification of Alertmanager or Grafana`)
	}
	firing := false
	for i := range n.Alerts {
		a := &n.Alerts[i]
		if a.Fingerprint == "" {
			a.Fingerprint = fmt.Sprintf("%016x", model.LabelsToSignature(a.Labels))
		}
		firing = firing || a.Status == Firing
	}
	if n.Status != Firing && n.Status != Resolved {
		n.Status = Resolved
		if firing {
			n.Status = Firing
		}
	}
	return nil
}

// key is the same for the notifications that the Alertmanagers of a cluster
// send of the same state of a group, in whatever order the alerts come.
func (n *Notification) key(source string) string {
	var few [8][sha256.Size]byte
	var buf [512]byte
	states := few[:0]
	for i := range n.Alerts {
		a := &n.Alerts[i]
		b := appendPart(appendPart(buf[:0], a.Fingerprint), a.Status)
		for _, at := range [2]time.Time{a.StartsAt, a.EndsAt} {
			b = binary.AppendVarint(b, at.Unix())
			b = binary.AppendVarint(b, int64(at.Nanosecond()))
		}
		states = append(states, sha256.Sum256(b))
	}
	slices.SortFunc(states, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	b := appendPart(appendPart(appendPart(buf[:0], source), n.Receiver), n.GroupKey)
	for _, state := range slices.Compact(states) {
		b = appendPart(b, string(state[:]))
	}
	return sum(b)
}

// severity is that of the common labels, else the highest of the alerts, of
// those that fire if any does.
func (n *Notification) severity() string {
	if s := n.CommonLabels["severity"]; s != "" {
		return severityWord(s)
	}
	highest := ""
	for _, a := range n.Alerts {
		if a.Status != n.Status {
			continue
		}
		if s := severityWord(a.Labels["severity"]); highest == "" || severities[s] > severities[highest] {
			highest = s
		}
	}
	return highest
}

// severities ranks the words in use; an unknown word comes last.
var severities = map[string]int{
	"emergency": 9, "disaster": 9, "fatal": 9, "page": 8, "critical": 8, "error": 7, "high": 7, "major": 7,
	"warning": 6, "warn": 6, "average": 5, "medium": 5, "minor": 4, "notice": 3, "low": 3, "info": 2, "information": 2,
	"debug": 1, "none": 1,
}

// severityWord returns a known word in lower case, another one as it is.
func severityWord(s string) string {
	if severities[s] > 0 {
		return s
	}
	if lower := strings.ToLower(s); severities[lower] > 0 {
		return lower
	}
	return line(s, maxWord)
}
