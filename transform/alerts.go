package transform

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/prometheus/alertmanager/template"

	"workbell/source"
)

// The functions of templates that say what nearly every message about alerts
// says. Each could be written in a template, and would cost ten times as much:
// they run for every webhook.

// pairs joins labels as "env: prod · job: api", sorted by name.
func pairs(labels template.KV) string {
	buf := make([]byte, 0, 256)
	for i, p := range source.Sorted(labels) {
		if i > 0 {
			buf = append(buf, " · "...)
		}
		buf = append(append(append(buf, p.Name...), ": "...), p.Value...)
	}
	return string(buf)
}

// values joins the values of labels as "prod · api", sorted by name.
func values(labels template.KV) string {
	if len(labels) == 0 {
		return ""
	}
	return strings.Join(source.Sorted(labels).Values(), " · ")
}

// apart says what sets an alert apart from the others of its notification: the
// values of the labels that they have not in common, or where there are none
// its instance, or its name.
func apart(d *Data, a template.Alert) string {
	own := make(template.Pairs, 0, 16)
	for name, value := range a.Labels {
		if _, common := d.CommonLabels[name]; !common {
			own = append(own, template.Pair{Name: name, Value: value})
		}
	}
	source.SortPairs(own)
	said, sep := make([]byte, 0, 128), ""
	for _, p := range own {
		said = append(append(said, sep...), p.Value...)
		sep = ", "
	}
	return cmp.Or(string(said), a.Labels["instance"], a.Labels["alertname"], "alert")
}

// when says since when an alert fires, or when it ended and how long it was.
func (x *executor) when(a template.Alert) string {
	said := make([]byte, 0, 64)
	if a.Status != source.Resolved {
		return string(x.appendLocal(append(said, "since "...), a.StartsAt, layout))
	}
	said = x.appendLocal(append(said, "resolved "...), a.EndsAt, layout)
	if d := shortDuration(a.EndsAt.Sub(a.StartsAt)); d != "" {
		said = append(append(said, ", lasted "...), d...)
	}
	return string(said)
}

// counted says "2 firing · 1 resolved"; nothing where there is one alert only.
func counted(d *Data) string {
	if d.Total < 2 {
		return ""
	}
	said, sep := "", ""
	if d.TotalFiring > 0 {
		said, sep = strconv.Itoa(d.TotalFiring)+" firing", " · "
	}
	if d.TotalResolved > 0 {
		said += sep + strconv.Itoa(d.TotalResolved) + " resolved"
	}
	return said
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
