package transform

import "github.com/prometheus/alertmanager/template"

// The fields and methods by which a quick reads an event, each without the
// reflection that costs more than what is read. A text remains where it is.

// dataFields are those of *Data, but for Escalation, which notes that it was
// asked for: text/template calls it.
var dataFields = map[string]func(*Data) any{
	"Status":   func(d *Data) any { return &d.Status },
	"Severity": func(d *Data) any { return &d.Severity },
	"Title":    func(d *Data) any { return &d.Title },
	"Text":     func(d *Data) any { return &d.Text },
	"URL":      func(d *Data) any { return &d.URL },

	"Alerts":        func(d *Data) any { return d.Alerts },
	"Omitted":       func(d *Data) any { return d.Omitted },
	"Total":         func(d *Data) any { return d.Total },
	"TotalFiring":   func(d *Data) any { return d.TotalFiring },
	"TotalResolved": func(d *Data) any { return d.TotalResolved },
	"Name":          func(d *Data) any { return &d.Name },
	"Where":         func(d *Data) any { return d.Where },
	"GeneratorURL":  func(d *Data) any { return &d.GeneratorURL },

	"Labels":             func(d *Data) any { return d.Labels },
	"CommonLabels":       func(d *Data) any { return d.CommonLabels },
	"GroupLabels":        func(d *Data) any { return d.GroupLabels },
	"CommonAnnotations":  func(d *Data) any { return d.CommonAnnotations },
	"Receiver":           func(d *Data) any { return &d.Receiver },
	"ExternalURL":        func(d *Data) any { return &d.ExternalURL },
	"NotificationReason": func(d *Data) any { return &d.NotificationReason },
	"RouteLabels":        func(d *Data) any { return d.RouteLabels },

	"Source":     func(d *Data) any { return &d.Source },
	"Kind":       func(d *Data) any { return &d.Kind },
	"Event":      func(d *Data) any { return &d.Event },
	"GroupKey":   func(d *Data) any { return &d.GroupKey },
	"Action":     func(d *Data) any { return &d.Action },
	"Repository": func(d *Data) any { return &d.Repository },
	"Sender":     func(d *Data) any { return &d.Sender },
	"Ref":        func(d *Data) any { return &d.Ref },
	"Headers":    func(d *Data) any { return d.Headers },

	"Payload":    (*Data).Payload,
	"Item":       (*Data).Item,
	"SilenceURL": func(d *Data) any { return d.SilenceURL() },
}

var alertFields = map[string]func(*template.Alert) any{
	"Status":       func(a *template.Alert) any { return &a.Status },
	"Labels":       func(a *template.Alert) any { return a.Labels },
	"Annotations":  func(a *template.Alert) any { return a.Annotations },
	"StartsAt":     func(a *template.Alert) any { return a.StartsAt },
	"EndsAt":       func(a *template.Alert) any { return a.EndsAt },
	"GeneratorURL": func(a *template.Alert) any { return &a.GeneratorURL },
	"Fingerprint":  func(a *template.Alert) any { return &a.Fingerprint },
}
