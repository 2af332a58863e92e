package transform

import (
	"fmt"
	"strings"

	"github.com/prometheus/alertmanager/template"

	"workbell/source"
)

// The functions of templates that say what nearly every message about alerts
// says. Each could be written in a template, and would cost ten times as much:
// they run for every webhook.

// pairs joins labels as "env: prod · job: api", sorted by name.
func pairs(labels template.KV) string {
	var b strings.Builder
	for i, p := range labels.SortedPairs() {
		if i > 0 {
			b.WriteString(" · ")
		}
		b.WriteString(p.Name + ": " + p.Value)
	}
	return b.String()
}

// values joins the values of labels as "prod · api", sorted by name.
func values(labels template.KV) string {
	if len(labels) == 0 {
		return ""
	}
	return strings.Join(labels.SortedPairs().Values(), " · ")
}

// apart says what sets an alert apart from the others of its notification: the
// values of the labels that they have not in common, or where there are none
// its instance, or its name.
func apart(d *Data, a template.Alert) string {
	own := make([]string, 0, len(a.Labels))
	for _, p := range a.Labels.SortedPairs() {
		if _, common := d.CommonLabels[p.Name]; !common {
			own = append(own, p.Value)
		}
	}
	for _, s := range []string{strings.Join(own, ", "), a.Labels["instance"], a.Labels["alertname"]} {
		if s != "" {
			return s
		}
	}
	return "alert"
}

// when says since when an alert fires, or when it ended and how long it was.
func (x *executor) when(a template.Alert) string {
	if a.Status != source.Resolved {
		return "since " + x.local(a.StartsAt, layout)
	}
	ended := "resolved " + x.local(a.EndsAt, layout)
	if d := shortDuration(a.EndsAt.Sub(a.StartsAt)); d != "" {
		return ended + ", lasted " + d
	}
	return ended
}

// counted says "2 firing · 1 resolved"; nothing where there is one alert only.
func counted(d *Data) string {
	if d.Total < 2 {
		return ""
	}
	var parts []string
	if d.TotalFiring > 0 {
		parts = append(parts, fmt.Sprintf("%d firing", d.TotalFiring))
	}
	if d.TotalResolved > 0 {
		parts = append(parts, fmt.Sprintf("%d resolved", d.TotalResolved))
	}
	return strings.Join(parts, " · ")
}

// state is CRITICAL, or FIRING where no severity is known; RESOLVED once it is
// over.
func state(d *Data) string {
	switch {
	case d.Status == source.Resolved:
		return "RESOLVED"
	case d.Severity != "":
		return strings.ToUpper(d.Severity)
	case d.Status != "":
		return strings.ToUpper(d.Status)
	}
	return "EVENT"
}

// sign can be told apart without reading, and without colours.
func sign(d *Data) string {
	switch d.Status {
	case source.Resolved:
		return "✓"
	case source.Firing:
		return "●"
	}
	return "○"
}

// Colours of DingTalk's own work notifications (approved, rejected, revoked,
// pending), and its blue.
const (
	green  = "FF78C06E"
	red    = "FFF65E5E"
	grey   = "FF858E99"
	orange = "FFFF9D46"
	blue   = "FF3B7CFF"
)

// color is the colour of a state, as oa.head_color wants it.
func color(status, severity string) string {
	switch strings.ToLower(status) {
	case "resolved", "success", "ok", "merged", "completed", "approved", "published":
		return green
	case "failure", "failed", "error", "timed_out", "startup_failure":
		return red
	case "cancelled", "canceled", "skipped", "stale", "neutral":
		return grey
	}
	switch strings.ToLower(severity) {
	case "critical", "page", "fatal", "emergency", "disaster", "error", "high", "major":
		return red
	case "warning", "warn", "average", "medium", "minor":
		return orange
	case "none", "debug":
		return grey
	}
	return blue
}
