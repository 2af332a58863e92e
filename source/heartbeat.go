package source

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// The states of a heartbeat: Absence.Status, and Event.Name.
const (
	Away = "away"
	Back = "back"
)

// Absence is what the events of a heartbeat are made of, and their payload: one
// begins when it stays away, and one ends when it is back. A beat that comes in
// time makes no event.
type Absence struct {
	Status string    `json:"status"`          // Away or Back
	Since  time.Time `json:"since,omitzero"`  // the last beat before it; or with Never, when workbell began to listen
	Never  bool      `json:"never,omitempty"` // not one beat had come by then
	Back   time.Time `json:"back,omitzero"`   // the beat that ended it
	Every  string    `json:"every,omitempty"` // how often a beat is to come: "5m"
	Grace  string    `json:"grace,omitempty"` // how late it may be
}

// heartbeat makes the events of absences. The webhooks themselves are beats: see
// Source.Beat.
type heartbeat struct{ spec Spec }

func newHeartbeat(spec Spec) (decoder, []error) {
	spec.Severity = cmp.Or(spec.Severity, "critical")
	spec.Zone = cmp.Or(spec.Zone, time.UTC)
	return heartbeat{spec}, nil
}

func (hb heartbeat) decode(_ http.Header, body []byte, e *Event) ([]*Event, error) {
	raw, err := parse(body)
	if err != nil {
		return nil, err
	}
	var a Absence
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, badJSON(raw, err)
	}
	if a.Status != Away && a.Status != Back {
		return nil, bad(`what is told of a heartbeat is {"status": "away"} or {"status": "back"}; a beat is any POST, and makes no event`)
	}
	hb.complete(&a, e.Received)
	if e.Raw, err = json.Marshal(a); err != nil { // a year beyond 9999
		return nil, bad("%s", line(err.Error(), maxValue))
	}
	e.Name, e.Status, e.Severity = a.Status, Firing, line(hb.spec.Severity, maxWord)
	e.Title, e.Text = line(cmp.Or(hb.spec.Title, "No heartbeat from "+hb.spec.Name), maxTitle), a.text(hb.spec.Zone)
	if a.Status == Back {
		e.Status = Resolved
		e.Title = line(cmp.Or(hb.spec.Title, "Heartbeat from "+hb.spec.Name+" is back"), maxTitle)
	}
	e.URL = link(hb.spec.URL)
	e.GroupKey, e.Labels = group(hb.spec.Name), map[string]string{"heartbeat": hb.spec.Name}
	e.Key, e.KeyTTL = digest(hb.spec.Name, a.Status, strconv.FormatInt(a.Since.UnixMilli(), 10)), genericKeyTTL
	return []*Event{e}, nil
}

// complete fills in what a payload that somebody has written to try rules may
// leave out: an absence that has just been noticed, or has just ended.
func (hb heartbeat) complete(a *Absence, now time.Time) {
	a.Every = cmp.Or(a.Every, model.Duration(hb.spec.Every).String())
	a.Grace = cmp.Or(a.Grace, model.Duration(hb.spec.Grace).String())
	if a.Status == Back && a.Back.IsZero() {
		a.Back = now
	}
	if a.Since.IsZero() {
		a.Since = now.Add(-hb.spec.Every - hb.spec.Grace)
	}
}

func (a *Absence) text(zone *time.Location) string {
	at := func(t time.Time) string { return t.In(zone).Format(time.DateTime) }
	due := "One is due every " + a.Every + ", and may be " + a.Grace + " late."
	switch gap := model.Duration(a.Back.Sub(a.Since).Round(time.Second)).String(); {
	case a.Status == Back && a.Never:
		return "The first beat came at " + at(a.Back) + ", " + gap + " after workbell began to listen. " + due
	case a.Status == Back:
		return "It beats again since " + at(a.Back) + ", after " + gap + " without. " + due
	case a.Never:
		return "Never heard: not one beat since " + at(a.Since) + ", when workbell began to listen. " + due
	}
	return "No beat since " + at(a.Since) + ". " + due
}

// Beat verifies the credentials of a webhook to a heartbeat, and says whether it
// is a sign of life, which any body is but one: what Alertmanager sends once its
// alert has ended. The error is ErrUnauthorized.
func (s *Source) Beat(h http.Header, body []byte, now time.Time) (bool, error) {
	if !s.auth.verify(h, body, now) {
		return false, ErrUnauthorized
	}
	var n struct {
		Version  string `json:"version"`
		GroupKey string `json:"groupKey"`
		Status   string `json:"status"`
	}
	ended := json.Unmarshal(body, &n) == nil && n.Version != "" && n.GroupKey != "" && n.Status == Resolved
	return !ended, nil
}
