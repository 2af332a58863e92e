package source

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"
)

// How much of a group goes into a title and a text.
const (
	titleLabels = 3
	textAlerts  = 5
)

// title says which alert, how many, and what sets the group apart:
// "HighLatency: 2 firing, 1 resolved (cluster=eu, job=api)".
func (n *Notification) title() string {
	var buf [256]byte
	title := append(buf[:0], line(n.alertname(), maxTitle/3)...)
	title = n.appendCount(append(title, ": "...))
	open := " ("
	for _, p := range n.apart() {
		title = append(append(title, open...), line(p.Name+"="+p.Value, maxTitle/6)...)
		open = ", "
	}
	if open == ", " {
		title = append(title, ')')
	}
	return line(string(title), maxTitle)
}

// alertname names the alerts of the group, the first two where there are more.
func (n *Notification) alertname() string {
	if name := n.CommonLabels["alertname"]; name != "" {
		return name
	}
	var names []string
	for i := range n.Alerts {
		if name := n.Alerts[i].Labels["alertname"]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch len(names) {
	case 0:
		return "Alerts"
	case 1, 2:
		return strings.Join(names, ", ")
	default:
		return names[0] + ", " + names[1] + " and " + strconv.Itoa(len(names)-2) + " more"
	}
}

// appendCount appends "firing" or "resolved" for one alert, else how many of
// each.
func (n *Notification) appendCount(b []byte) []byte {
	if len(n.Alerts) == 1 && n.TruncatedAlerts <= 0 {
		return append(b, n.Status...)
	}
	firing := 0
	for i := range n.Alerts {
		if n.Alerts[i].Status == Firing {
			firing++
		}
	}
	sep := ""
	for _, c := range [...]struct {
		of   int
		what string
	}{{firing, " firing"}, {len(n.Alerts) - firing, " resolved"}, {n.TruncatedAlerts, " more"}} {
		if c.of > 0 {
			b = append(strconv.AppendInt(append(b, sep...), int64(c.of), 10), c.what...)
			sep = ", "
		}
	}
	return b
}

// apart returns the labels that tell this group from others: those it is
// grouped by, else what its alerts have in common of where they are.
func (n *Notification) apart() template.Pairs {
	var pairs template.Pairs
	for name, value := range n.GroupLabels {
		if name != "alertname" && value != "" {
			pairs = append(pairs, template.Pair{Name: name, Value: value})
		}
	}
	slices.SortFunc(pairs, func(a, b template.Pair) int { return strings.Compare(a.Name, b.Name) })
	for _, name := range [...]string{"instance", "service", "job", "namespace", "cluster"} {
		if value := n.CommonLabels[name]; len(pairs) == 0 && value != "" {
			pairs = append(pairs, template.Pair{Name: name, Value: value})
		}
	}
	return pairs[:min(len(pairs), titleLabels)]
}

// text is what the alerts have in common to say, else what the first of them
// say, firing ones before others, each thing once.
func (n *Notification) text() string {
	if common := annotation(n.CommonAnnotations, "\n"); common != "" {
		return common
	}
	var lines []string
	for _, firing := range [...]bool{true, false} {
		for i := range n.Alerts {
			a := &n.Alerts[i]
			if (a.Status == Firing) != firing {
				continue
			}
			said := annotation(a.Annotations, ": ")
			if said == "" || slices.Contains(lines, said) {
				continue
			}
			if len(lines) == textAlerts {
				return strings.Join(lines, "\n")
			}
			lines = append(lines, said)
		}
	}
	return strings.Join(lines, "\n")
}

// annotation joins summary and description by the names in use for them.
func annotation(kv template.KV, sep string) string {
	summary, description := kv["summary"], kv["description"]
	if description == "" {
		description = kv["message"]
	}
	if summary == "" || summary == description {
		return description
	}
	if description == "" {
		return summary
	}
	return summary + sep + description
}

// url opens this group in Alertmanager's page of alerts.
func (n *Notification) url() string {
	base := strings.TrimRight(n.ExternalURL, "/")
	if base == "" {
		return ""
	}
	var buf [512]byte
	page := append(append(buf[:0], "/#/alerts?receiver="...), query(n.Receiver)...)
	if len(n.GroupLabels) > 0 {
		page = append(append(page, "&filter="...), query(matchers(n.GroupLabels))...)
	}
	if strings.Contains(base, "#") {
		return link(base + string(page))
	}
	if len(base)+len(page) > maxURL {
		return ""
	}
	if base = link(base); base == "" {
		return ""
	}
	return base + string(page) // escaped already: nothing to parse
}

// query escapes a value of a query; a space as %20, which Alertmanager's page
// needs behind the #.
func query(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// matchers selects labels in Alertmanager's syntax: {a="b",c="d"}.
func matchers(labels template.KV) string {
	var buf [256]byte
	b := buf[:0]
	for i, p := range Sorted(labels) {
		b = append(append(b, "{,"[min(i, 1)]), matcherName(p.Name)...)
		b = append(append(append(b, `="`...), escapes.Replace(p.Value)...), '"')
	}
	return string(append(b, '}'))
}

// Sorted returns labels by name, alertname first, as KV.SortedPairs of Alertmanager's
// templates does, at one allocation for thirteen.
func Sorted(labels template.KV) template.Pairs {
	pairs := make(template.Pairs, 0, len(labels))
	for name, value := range labels {
		pairs = append(pairs, template.Pair{Name: name, Value: value})
	}
	SortPairs(pairs)
	return pairs
}

// SortPairs puts pairs in the order of Sorted.
func SortPairs(pairs template.Pairs) {
	slices.SortFunc(pairs, func(a, b template.Pair) int {
		return cmp.Or(nameRank(a.Name)-nameRank(b.Name), strings.Compare(a.Name, b.Name))
	})
}

// nameRank puts alertname first.
func nameRank(name string) int {
	if name == model.AlertNameLabel {
		return 0
	}
	return 1
}

func matcherName(name string) string {
	if model.LegacyValidation.IsValidLabelName(name) {
		return name
	}
	return quote(name)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func quote(s string) string { return `"` + escapes.Replace(s) + `"` }
