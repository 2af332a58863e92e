package transform

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/alertmanager/template"

	"workbell/source"
)

// Data is what templates see: the data of Alertmanager's own templates, so
// that those work unchanged, and the event's. For other kinds of source what
// is Alertmanager's is empty.
type Data struct {
	Status, Severity, Title, Text, URL string

	// Alerts are those that have room in the message; Omitted is how many were
	// left out, by the sender (truncatedAlerts) or for want of room.
	Alerts  template.Alerts
	Omitted int
	// Total, TotalFiring and TotalResolved count all alerts that came, whatever
	// has room.
	Total, TotalFiring, TotalResolved int
	// Name is the alerts' common name, or the title. Where is what sets their
	// group apart: its labels without alertname and severity.
	Name  string
	Where template.KV
	// GeneratorURL is where the first alert comes from; empty where it is so long
	// that it would push out what the alert says.
	GeneratorURL string

	Labels, CommonLabels, GroupLabels, CommonAnnotations template.KV
	Receiver, ExternalURL, NotificationReason            string
	RouteLabels                                          template.KV

	Source, Kind, Event, GroupKey   string
	Action, Repository, Sender, Ref string
	Headers                         template.KV

	ev        *source.Event
	all       template.Alerts // firing ones first
	escalated *Escalated
	asked     bool // for the escalation
}

// Escalation is what it is about where nobody has read the first message; nil
// for a first message.
func (d *Data) Escalation() *Escalated {
	d.asked = true
	return d.escalated
}

// Payload is the decoded payload; objects are maps.
func (d *Data) Payload() any { return d.ev.Payload() }

// Item is the decoded element of `each`.
func (d *Data) Item() any { return d.ev.ItemValue() }

// SilenceURL opens Alertmanager's form for a silence of this group, where the
// sender is Alertmanager and something fires; else it is empty.
func (d *Data) SilenceURL() string {
	labels := d.GroupLabels
	if len(labels) == 0 {
		labels = d.CommonLabels
	}
	if d.Status != source.Firing || len(labels) == 0 || !strings.Contains(d.URL, "/#/alerts") {
		return ""
	}
	matchers := make([]byte, 0, 256)
	for i, p := range source.Sorted(labels) {
		matchers = append(append(append(matchers, "{,"[min(i, 1)]), p.Name...), '=')
		matchers = strconv.AppendQuote(matchers, p.Value)
	}
	filter := url.QueryEscape(string(append(matchers, '}')))
	return strings.TrimRight(d.ExternalURL, "/") + "/#/silences/new?filter=" + strings.ReplaceAll(filter, "+", "%20")
}

// dataNames are for suggestions.
var dataNames = func() []string {
	list := []string{"Payload", "Item", "SilenceURL", "Escalation"}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(Data{})) {
		if f.IsExported() {
			list = append(list, f.Name)
		}
	}
	return list
}()

// set makes d the data of ev.
func (d *Data) set(ev *source.Event) {
	n := notification(ev)
	*d = Data{
		Status: ev.Status, Severity: ev.Severity, Title: ev.Title, Text: ev.Text, URL: ev.URL,
		Alerts: n.Alerts, Omitted: n.TruncatedAlerts, Total: len(n.Alerts) + n.TruncatedAlerts,
		Labels: ev.Labels, CommonLabels: n.CommonLabels, GroupLabels: n.GroupLabels,
		CommonAnnotations: n.CommonAnnotations, RouteLabels: n.RouteLabels,
		Receiver: n.Receiver, ExternalURL: n.ExternalURL, NotificationReason: n.NotificationReason,
		Source: ev.Source, Kind: ev.Kind, Event: ev.Name, GroupKey: ev.GroupKey,
		Action: ev.Action, Repository: ev.Repository, Sender: ev.Sender, Ref: ev.Ref,
		Headers: ev.Headers, ev: ev, Name: ev.Title,
	}
	if name := n.CommonLabels["alertname"]; name != "" {
		d.Name = name
	}
	if len(n.Alerts) > 0 && len(n.Alerts[0].GeneratorURL) < longURL {
		d.GeneratorURL = n.Alerts[0].GeneratorURL
	}
	if len(n.GroupLabels) > 0 {
		d.Where = template.KV{}
		for name, value := range n.GroupLabels {
			if !slices.Contains(saidElsewhere, name) {
				d.Where[name] = value
			}
		}
	}
	for i := range n.Alerts {
		if n.Alerts[i].Status == source.Firing {
			d.TotalFiring++
		}
	}
	d.TotalResolved = len(n.Alerts) - d.TotalFiring
}

// longURL is the length in bytes from which a URL takes too much of a message's
// 2,048.
const longURL = 250

// saidElsewhere are labels that the head of a message says anyway.
var saidElsewhere = []string{"alertname", "severity"}

// keep leaves the first n alerts, of those that fire before the others.
func (d *Data) keep(n int) {
	if d.all == nil {
		d.all = slices.Clone(d.Alerts)
		slices.SortStableFunc(d.all, func(a, b template.Alert) int {
			return rank(a.Status) - rank(b.Status)
		})
	}
	d.Alerts = d.all[:n]
	d.Omitted = notification(d.ev).TruncatedAlerts + len(d.all) - n
}

func rank(status string) int {
	if status == source.Firing {
		return 0
	}
	return 1
}
